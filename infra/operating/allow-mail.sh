#!/usr/bin/env bash
# Lets the portal mail a customer again who had reported a mail as spam, after that customer has asked for it:
#   infra/operating/allow-mail.sh STACK ADDRESS
# Takes the address off the account's suppression list and removes the portal's own note. Needs the AWS command line, with
# leave for cloudformation:DescribeStackResource, ses:DeleteSuppressedDestination and dynamodb:UpdateItem.
set -euo pipefail
[ $# = 2 ] || { echo "usage: $0 STACK ADDRESS" >&2; exit 2; }
stack=$1
address=$(tr '[:upper:]' '[:lower:]' <<< "$2")
[[ $address =~ ^[!-~]+@[a-z0-9.-]+$ ]] || { echo "not a plain address (write its domain in ASCII): $2" >&2; exit 2; }

table=$(aws cloudformation describe-stack-resource --stack-name "$stack" --logical-resource-id Table \
  --query StackResourceDetail.PhysicalResourceId --output text)
# As CustomerId in shared/domain/src/customer.rs.
customer=$(printf 'golfcartops portal customer:%s' "$address" | sha256sum | cut -c1-32)

aws sesv2 delete-suppressed-destination --email-address "$address" ||
  echo "(the account's suppression list did not have it)" >&2
aws dynamodb update-item --table-name "$table" \
  --key "{\"pk\": {\"S\": \"CUSTOMER#$customer\"}, \"sk\": {\"S\": \"FEEDBACK\"}}" \
  --update-expression "REMOVE complained_at"
echo "Mail to this customer is allowed again."
