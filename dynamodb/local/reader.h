// Reads: each works on one consistent view of the database, without locks, on the caller's thread.
#pragma once
#include "dynamodb/local/catalog.h"
#include "dynamodb/local/storage.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

class Reader {
 public:
  Reader(const Storage& storage, const Catalog& catalog) : storage_(storage), catalog_(catalog) {}

  Result<GetItemResult> get_item(const GetItemRequest& request) const;
  Result<QueryResult> query(const QueryRequest& request) const;
  Result<ScanResult> scan(const ScanRequest& request) const;
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& request) const;
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest& request) const;

 private:
  const Storage& storage_;
  const Catalog& catalog_;
};

}  // namespace dynamodb::local
