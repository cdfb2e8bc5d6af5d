#include "dynamodb/local/connect.h"

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include <sys/socket.h>

#include "base/log.h"
#include "dynamodb/local/socket_protocol.h"
#include "dynamodb/wire.h"

namespace dynamodb::local {
namespace {

constexpr std::size_t kMaxConnections = 256;
constexpr std::chrono::milliseconds kRestFromAccepting{100};

template <class T>
Frame answer(const Result<T>& result) {
  if (result.has_error())
    return {static_cast<std::uint8_t>(Status::error), wire::encode(result.error())};
  return {static_cast<std::uint8_t>(Status::ok), wire::encode(*result)};
}

// Decodes a request, calls, encodes the answer.
template <class Request, class Call>
Frame handle(const std::string& body, const Call& call) {
  auto request = wire::decode<Request>(body);
  if (request.has_error())
    return {static_cast<std::uint8_t>(Status::error), wire::encode(request.error())};
  return answer(call(std::move(*request)));
}

template <class Call>
Frame handle_table(const std::string& body, const Call& call) {
  const auto name = wire::decode_table_name(body);
  if (name.has_error())
    return {static_cast<std::uint8_t>(Status::error), wire::encode(name.error())};
  return answer(call(*name));
}

}  // namespace

Frame dispatch(Client& client, const Frame& frame) {
  const auto& body = frame.body;
  switch (static_cast<Operation>(frame.tag)) {
    case Operation::get_item:
      return handle<GetItemRequest>(body, [&](auto r) { return client.get_item(r); });
    case Operation::query:
      return handle<QueryRequest>(body, [&](auto r) { return client.query(r); });
    case Operation::scan:
      return handle<ScanRequest>(body, [&](auto r) { return client.scan(r); });
    case Operation::batch_get_item:
      return handle<BatchGetItemRequest>(body, [&](auto r) { return client.batch_get_item(r); });
    case Operation::transact_get_items:
      return handle<TransactGetItemsRequest>(body,
                                             [&](auto r) { return client.transact_get_items(r); });
    case Operation::put_item:
      return handle<PutItemRequest>(body, [&](auto r) { return client.put_item(std::move(r)); });
    case Operation::update_item:
      return handle<UpdateItemRequest>(body,
                                       [&](auto r) { return client.update_item(std::move(r)); });
    case Operation::delete_item:
      return handle<DeleteItemRequest>(body,
                                       [&](auto r) { return client.delete_item(std::move(r)); });
    case Operation::batch_write_item:
      return handle<BatchWriteItemRequest>(
          body, [&](auto r) { return client.batch_write_item(std::move(r)); });
    case Operation::transact_write_items:
      return handle<TransactWriteItemsRequest>(
          body, [&](auto r) { return client.transact_write_items(std::move(r)); });
    case Operation::create_table:
      return handle<TableDefinition>(body, [&](auto r) { return client.create_table(r); });
    case Operation::update_table:
      return handle<UpdateTableRequest>(body, [&](auto r) { return client.update_table(r); });
    case Operation::list_tables:
      return handle<ListTablesRequest>(body, [&](auto r) { return client.list_tables(r); });
    case Operation::delete_table:
      return handle_table(body, [&](const auto& name) { return client.delete_table(name); });
    case Operation::describe_table:
      return handle_table(body, [&](const auto& name) { return client.describe_table(name); });
    case Operation::list_streams:
      return handle<ListStreamsRequest>(body, [&](auto r) { return client.list_streams(r); });
    case Operation::describe_stream:
      return handle<DescribeStreamRequest>(body, [&](auto r) { return client.describe_stream(r); });
    case Operation::get_shard_iterator:
      return handle<GetShardIteratorRequest>(body,
                                             [&](auto r) { return client.get_shard_iterator(r); });
    case Operation::get_records:
      return handle<GetRecordsRequest>(body, [&](auto r) { return client.get_records(r); });
    case Operation::update_time_to_live:
      return handle<UpdateTimeToLiveRequest>(body,
                                             [&](auto r) { return client.update_time_to_live(r); });
    case Operation::describe_time_to_live:
      return handle_table(body,
                          [&](const auto& name) { return client.describe_time_to_live(name); });
    case Operation::tag_resource:
      return handle<TagResourceRequest>(body, [&](auto r) { return client.tag_resource(r); });
    case Operation::untag_resource:
      return handle<UntagResourceRequest>(body, [&](auto r) { return client.untag_resource(r); });
    case Operation::list_tags_of_resource:
      return handle<ListTagsOfResourceRequest>(
          body, [&](auto r) { return client.list_tags_of_resource(r); });
    case Operation::describe_continuous_backups:
      return handle_table(
          body, [&](const auto& name) { return client.describe_continuous_backups(name); });
    case Operation::update_continuous_backups:
      return handle<UpdateContinuousBackupsRequest>(
          body, [&](auto r) { return client.update_continuous_backups(r); });
  }
  return {static_cast<std::uint8_t>(Status::error),
          wire::encode(validation_error(
              "operation " + std::to_string(frame.tag) +
              " is not known: is the holder of the data directory an older program?"))};
}

struct SocketServer::Impl {
  Impl(Client& served, const std::string& folder)
      : client(served), directory(folder), listener(listen_in(folder)) {
    if (!listener) {
      throw OpenException(OpenFailure::unusable, "cannot make a socket in the data directory " +
                                                     folder + ": " + std::strerror(errno));
    }
    acceptor = std::thread([this] { accept_all(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
      for (const auto& connection : connections) connection.shut_down();
      idle.notify_all();
    }
    listener.shut_down();  // accept() returns
    acceptor.join();
    listener = {};  // who waits for a place in its queue must not wait for the calls in progress
    std::unique_lock lock(mutex);
    idle.wait(lock, [this] { return connections.empty(); });
    remove_socket(directory);
  }

  void accept_all() {
    for (;;) {
      Socket socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      std::unique_lock lock(mutex);
      // Without descriptors, threads or room for another connection: those that are there go on,
      // this one is closed.
      if (!socket) idle.wait_for(lock, kRestFromAccepting, [this] { return stopping; });
      if (stopping) return;
      if (!socket || connections.size() >= kMaxConnections) continue;
      connections.push_back(std::move(socket));
      try {
        std::thread([this, at = std::prev(connections.end())] {
          serve(at);
        }).detach();  // ~Impl waits for it
      } catch (const std::system_error&) {
        connections.pop_back();
      }
    }
  }

  void serve(std::list<Socket>::iterator socket) {
    try {
      while (const auto request = socket->receive()) {
        if (!socket->send(dispatch(client, *request))) break;
      }
    } catch (const std::bad_alloc&) {
      base::log_error("a request of another process was too large for the memory there is");
    }
    std::lock_guard lock(mutex);
    connections.erase(socket);
    idle.notify_all();
  }

  Client& client;
  const std::string directory;
  Socket listener;
  std::mutex mutex;
  std::condition_variable idle;  // a connection ended, or all shall
  std::list<Socket> connections;
  bool stopping = false;
  std::thread acceptor;
};

SocketServer::SocketServer(Client& client, const std::string& directory)
    : impl_(std::make_unique<Impl>(client, directory)) {}
SocketServer::~SocketServer() = default;

std::unique_ptr<Client> open_or_connect(EngineOptions options) {
  if (options.directory.empty()) return Engine::open(std::move(options));
  options.serve_other_processes = true;
  for (int attempt = 1;; ++attempt) {
    try {
      return Engine::open(options);
    } catch (const OpenException& error) {
      if (error.kind() != OpenFailure::in_use) throw;
    }
    try {
      return connect(options.directory, options);
    } catch (const OpenException&) {
      if (attempt == kTriesForHolder) throw;
    }
    std::this_thread::sleep_for(kPauseForHolder);
  }
}

}  // namespace dynamodb::local
