// Operation: one call of the API over the wire, from the target header to the answer, and the
// templates that make one from a method of Client.
//
//   {"DynamoDB_20120810.GetItem", read<GetItemRequest, GetItemResult, &Client::get_item>},
//
// To add an operation, add such a line to operations.cc. Request and Result need wire::decode() and
// wire::encode().
#pragma once
#include <iterator>
#include <memory>
#include <string_view>
#include <vector>

#include "dynamodb/client.h"
#include "dynamodb/server/faults.h"
#include "dynamodb/server/reply.h"
#include "dynamodb/wire.h"
#include "dynamodb/wire_table_arns.h"

namespace dynamodb::server {

struct Call {
  Client& client;
  std::string_view body;  // JSON; lives until the reply is sent
  std::string_view host;  // of the request: where the client found this server
  Reply reply;
  CallFaults faults{};
};

struct Operation {
  std::string_view target;  // of the header X-Amz-Target
  void (*run)(Call call);
};

// nullptr where no operation has this target.
const Operation* find_operation(std::string_view target);

// ---- what the templates share

// What a request asks to be told of consumed capacity. Most do not, and are not parsed for it.
Result<wire::CapacityDetail> capacity_detail(std::string_view body);

template <class T>
std::string encode_result(const T& result, wire::CapacityDetail capacity) {
  if constexpr (requires { wire::encode(result, capacity); }) {
    return wire::encode(result, capacity);
  } else {
    return wire::encode(result);
  }
}

// What a fault took out of a batch comes back in its answer, beside what the engine left
// unprocessed.
inline std::vector<Item>& entries_of(KeysAndAttributes& of_table) { return of_table.keys; }
inline std::vector<WriteRequest>& entries_of(std::vector<WriteRequest>& of_table) {
  return of_table;
}
template <class Request, class Res>
void add_withheld(Request withheld, Res& result) {
  if constexpr (CallFaults::is_batch<Request>) {
    for (auto& [table, of_table] : withheld.tables) {
      const auto [left, is_first] = result.unprocessed.try_emplace(table, std::move(of_table));
      if (is_first) continue;
      auto &to = entries_of(left->second), &from = entries_of(of_table);
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    }
  }
}
template <class Request>
bool is_all_withheld(const Request& rest, const Request& withheld) {
  if constexpr (CallFaults::is_batch<Request>) {
    return rest.tables.empty() && !withheld.tables.empty();
  } else {
    return false;
  }
}

template <class T>
void answer(Reply& reply, const Result<T>& result, wire::CapacityDetail capacity) {
  if (result.has_error()) return reply.error(result.error());
  reply.ok(encode_result(*result, capacity));
}

template <class Request>
bool wants_items(const Request& request) {
  if constexpr (requires { request.select; }) {
    return request.select != Select::count;
  } else {
    return true;
  }
}

// ---- operations that answer at once, on the caller's thread
template <class Request, class Res, Result<Res> (Client::*Method)(const Request&)>
void read(Call call) {
  auto request = wire::decode<Request>(call.body);
  if (request.has_error()) return call.reply.error(request.error());
  const auto capacity = capacity_detail(call.body);
  if (capacity.has_error()) return call.reply.error(capacity.error());
  Request withheld;
  if constexpr (CallFaults::is_on_items<Request>) {
    if (const auto fault = call.faults.strike(*request)) return call.reply.error(*fault);
    withheld = call.faults.withhold(*request);
  }
  auto result =
      is_all_withheld(*request, withheld) ? Result<Res>(Res()) : (call.client.*Method)(*request);
  if (result.has_error()) return call.reply.error(result.error());
  add_withheld(std::move(withheld), *result);
  if constexpr (CallFaults::is_on_items<Request>)
    wire::put_arns(wire::decode_table_arns(call.body), *result);
  if constexpr (std::is_same_v<Res, PageResult>) {
    call.reply.ok(wire::encode(*result, *capacity, wants_items(*request)));
  } else {
    call.reply.ok(encode_result(*result, *capacity));
  }
}

// ---- operations that answer when the write is durable, on the client's thread
template <class Request, class Res, void (Client::*Method)(Request, Completion<Res>)>
void write(Call call) {
  auto request = wire::decode<Request>(call.body);
  if (request.has_error()) return call.reply.error(request.error());
  const auto capacity = capacity_detail(call.body);
  if (capacity.has_error()) return call.reply.error(capacity.error());
  if (const auto fault = call.faults.strike(*request)) return call.reply.error(*fault);
  // A completion is copyable, a reply is not.
  struct Waiting {
    Reply reply;
    wire::CapacityDetail capacity;
    Request withheld;
    wire::TableArns arns;
  };
  auto waiting = std::make_shared<Waiting>(Waiting{std::move(call.reply), *capacity,
                                                   call.faults.withhold(*request),
                                                   wire::decode_table_arns(call.body)});
  Completion<Res> done = [waiting](Result<Res> result) {
    if (result.has_error()) return waiting->reply.error(result.error());
    add_withheld(std::move(waiting->withheld), *result);
    wire::put_arns(waiting->arns, *result);
    waiting->reply.ok(encode_result(*result, waiting->capacity));
  };
  if (is_all_withheld(*request, waiting->withheld)) return done(Res());
  (call.client.*Method)(std::move(*request), std::move(done));
}

// ---- operations that take {"TableName":…}
template <class Res, Result<Res> (Client::*Method)(const std::string&)>
void of_table(Call call) {
  const auto name = wire::decode_table_name(call.body);
  if (name.has_error()) return call.reply.error(name.error());
  answer(call.reply, (call.client.*Method)(*name), wire::CapacityDetail::none);
}

// ---- those that answer {Member:<description>}
template <Result<TableDescription> (Client::*Method)(const std::string&), const char* Member>
void table(Call call) {
  const auto name = wire::decode_table_name(call.body);
  if (name.has_error()) return call.reply.error(name.error());
  const auto result = (call.client.*Method)(*name);
  if (result.has_error()) return call.reply.error(result.error());
  call.reply.ok(wire::encode(*result, Member));
}

}  // namespace dynamodb::server
