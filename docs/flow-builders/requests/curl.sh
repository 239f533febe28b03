curl -s "$COUPONFLOW_URL/v1/flow/distribute" \
  -H "Authorization: Bearer $COUPONFLOW_KEY" \
  -H "Content-Type: application/json" \
  -d '{"block_id": "'"$BLOCK_ID"'", "customer_id": "ann", "customer_name": "Ann"}'
