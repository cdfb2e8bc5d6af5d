// AwsClient: a Client over HTTP: AWS's DynamoDB, or any endpoint that speaks its protocol
// (ddb-local, DynamoDB Local, Alternator).
//
//   dynamodb::aws::AwsClient client({.region = "eu-central-1"});          // the credential chain
//   dynamodb::aws::AwsClient local({.endpoint_url = "http://127.0.0.1:8000",
//                                   .credentials = {.explicit_credentials = …}});
//   dynamodb::aws::AwsClient client(configured_options());  // what AWS's variables and files say
//
// Each call has one deadline, which covers credentials, waiting for a connection, every attempt and
// the pauses between. Failed attempts are made again as the SDKs' standard mode does (retry.h):
// also after a connection broke once the request was sent. As with the SDKs, an UpdateItem that
// adds to a number may then be applied twice: give it a condition, or make it a transaction, which
// carries a token (made here where the caller gives none) and is applied once.
//
// An error after which nobody knows whether a write happened is an internal_server_error; where
// nothing was done, unavailable. Errors about credentials are access_denied, with AWS's name for
// them in the message. Results carry the consumed capacity, which CapacityScope sums.
//
// Completions run on the client's threads: they must not block, and a blocking form must not be
// called from one. Thread safety: every method from any thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "dynamodb/aws/retry.h"
#include "dynamodb/client.h"
#include "net/aws/credentials.h"
#include "net/aws/endpoint.h"
#include "net/http_client.h"

namespace dynamodb::aws {

struct AwsOptions {
  std::string region = "us-east-1";  // may be empty with an endpoint_url
  // "http://host:port", "https://host", "unix:/path/of/socket". Empty: AWS's endpoint of the
  // region.
  std::string endpoint_url{};
  std::string streams_endpoint_url{};          // of DynamoDB Streams; empty: as endpoint_url
  bool fips = false;                           // of AWS's endpoints
  bool dual_stack = false;                     // the same
  net::aws::CredentialsOptions credentials{};  // by default AWS's chain

  std::chrono::milliseconds call_timeout{30'000};     // of a whole call
  std::chrono::milliseconds attempt_timeout{10'000};  // then the attempt is given up and made again
  RetryOptions retries{};
  // Whether answers may come compressed. By default over https alone: what is asked in the clear is
  // beside us, and compressing a page takes longer than sending it.
  std::optional<bool> accept_gzip{};
  net::ClientOptions http{};

  // For tests: the time in signatures, and a number in [0, 1) that pauses are multiplied with.
  base::NowFunction now = base::now;
  std::function<double()> jitter{};
};

class AwsClient : public Client {
 public:
  // Throws std::invalid_argument for an endpoint_url or a region that is none.
  explicit AwsClient(AwsOptions options);
  // Calls in flight are answered first, with `unavailable` where nothing was done. A
  // credential_process that runs is waited for. REQUIRES: not called from a completion.
  ~AwsClient() override;

  using Client::batch_write_item;
  using Client::delete_item;
  using Client::put_item;
  using Client::transact_write_items;
  using Client::update_item;

  Result<GetItemResult> get_item(const GetItemRequest& request) override;
  Result<QueryResult> query(const QueryRequest& request) override;
  Result<ScanResult> scan(const ScanRequest& request) override;
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& request) override;
  Result<TransactGetItemsResult> transact_get_items(
      const TransactGetItemsRequest& request) override;

  void put_item(PutItemRequest request, Completion<PutItemResult> done) override;
  void update_item(UpdateItemRequest request, Completion<UpdateItemResult> done) override;
  void delete_item(DeleteItemRequest request, Completion<DeleteItemResult> done) override;
  void batch_write_item(BatchWriteItemRequest request,
                        Completion<BatchWriteItemResult> done) override;
  void transact_write_items(TransactWriteItemsRequest request,
                            Completion<TransactWriteItemsResult> done) override;

  Result<TableDescription> create_table(const TableDefinition& definition) override;
  Result<TableDescription> update_table(const UpdateTableRequest& request) override;
  Result<TableDescription> delete_table(const std::string& table) override;
  Result<TableDescription> describe_table(const std::string& table) override;
  Result<ListTablesResult> list_tables(const ListTablesRequest& request) override;

  Result<ListStreamsResult> list_streams(const ListStreamsRequest& request) override;
  Result<StreamDescription> describe_stream(const DescribeStreamRequest& request) override;
  Result<GetShardIteratorResult> get_shard_iterator(
      const GetShardIteratorRequest& request) override;
  Result<GetRecordsResult> get_records(const GetRecordsRequest& request) override;
  Result<UpdateTimeToLiveResult> update_time_to_live(
      const UpdateTimeToLiveRequest& request) override;
  Result<TimeToLiveDescription> describe_time_to_live(const std::string& table) override;

  Result<EmptyResult> tag_resource(const TagResourceRequest& request) override;
  Result<EmptyResult> untag_resource(const UntagResourceRequest& request) override;
  Result<ListTagsOfResourceResult> list_tags_of_resource(
      const ListTagsOfResourceRequest& request) override;
  Result<ContinuousBackups> describe_continuous_backups(const std::string& table) override;
  Result<ContinuousBackups> update_continuous_backups(
      const UpdateContinuousBackupsRequest& request) override;

  int retry_tokens() const;  // left in the quota, of 500

 private:
  class Transport;

  // Waits, and decodes on this thread.
  template <class R>
  Result<R> call(std::string_view operation, std::string body);
  template <class R>
  Result<R> call(net::aws::Service service, std::string_view operation, std::string body);
  template <class R>
  void start(std::string_view operation, std::string body, Completion<R> done);

  std::unique_ptr<Transport> transport_;
};

}  // namespace dynamodb::aws
