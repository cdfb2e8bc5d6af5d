// Reads of an engine's streams, on the caller's thread.
#pragma once
#include "dynamodb/client.h"
#include "dynamodb/local/catalog.h"
#include "dynamodb/local/storage.h"

namespace dynamodb::local {

class StreamReader {
 public:
  StreamReader(const Storage& storage, const Catalog& catalog, base::NowFunction now)
      : storage_(storage), streams_(catalog.streams()), now_(std::move(now)) {}

  Result<ListStreamsResult> list_streams(const ListStreamsRequest& request) const;
  Result<StreamDescription> describe_stream(const DescribeStreamRequest& request) const;
  Result<GetShardIteratorResult> get_shard_iterator(const GetShardIteratorRequest& request) const;
  Result<GetRecordsResult> get_records(const GetRecordsRequest& request) const;

 private:
  Result<StreamPtr> find(const std::string& arn) const;

  const Storage& storage_;
  const StreamCatalog& streams_;
  const base::NowFunction now_;
};

}  // namespace dynamodb::local
