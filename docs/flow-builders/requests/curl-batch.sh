curl -s "$COUPONFLOW_URL/v1/flow/distribute/batch" \
  -H "Authorization: Bearer $COUPONFLOW_KEY" \
  -H "Content-Type: application/json" \
  -d '{"block_id": "'"$BLOCK_ID"'", "customers": [{"customer_id": "ann", "customer_name": "Ann"}, {"customer_id": "bob"}]}'
