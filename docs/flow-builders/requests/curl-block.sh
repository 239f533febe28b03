curl -s "$COUPONFLOW_URL/v1/flow/blocks" \
  -H "Authorization: Bearer $COUPONFLOW_ADMIN_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "coupon_id": "'"$COUPON_ID"'",
    "message": "Hi {{customer_name|there}}, {{coupon_name}} is yours until {{ends_at}}.",
    "button_title": "Get my coupon",
    "channel": "whatsapp",
    "fallback_flows": {
      "coupon_expired": "too-late",
      "customer_max_uses_reached": "had-it-already",
      "coupon_max_uses_reached": "all-gone",
      "error": "sorry"
    }
  }'
