"""What is written down of each request. Never a token, a key, a code or a customer's id."""

from aws_lambda_powertools import Logger

logger = Logger()


def answered(route: str, status: int, seconds: float) -> None:
    logger.info("answered", route=route, status=status, milliseconds=round(seconds * 1000, 1))
