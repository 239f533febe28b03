"""The only code that talks to AWS: keys, conditions and what DynamoDB answers when one fails."""
