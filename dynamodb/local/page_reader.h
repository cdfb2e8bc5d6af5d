// One page of a Query or Scan: walks a key range until the limit, 1 MB or the end.
#pragma once
#include "dynamodb/local/key_range.h"
#include "dynamodb/local/storage.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

struct PageRequest {
  Source source;
  KeyRange range{};
  bool forward = true;
  const Condition& filter;
  const Projection& projection;
  Select select = Select::default_;
  bool consistent_read = false;
  std::optional<std::uint32_t> limit{};
};

Result<PageResult> read_page(const Storage& storage, const PageRequest& request);

}  // namespace dynamodb::local
