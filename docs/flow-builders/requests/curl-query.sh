curl -s -G "$COUPONFLOW_URL/v1/flow/distribute" \
  -H "Authorization: Bearer $COUPONFLOW_KEY" \
  --data-urlencode "block_id=$BLOCK_ID" \
  --data-urlencode "customer_id=ann"
