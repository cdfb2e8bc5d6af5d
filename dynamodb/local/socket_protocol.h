// Frames of the socket between processes (connect.h).
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dynamodb {
class Client;
}

namespace dynamodb::local {

// Sent between processes of possibly different builds: do not renumber.
enum class Operation : std::uint8_t {
  get_item = 1,
  query = 2,
  scan = 3,
  batch_get_item = 4,
  transact_get_items = 5,
  put_item = 6,
  update_item = 7,
  delete_item = 8,
  batch_write_item = 9,
  transact_write_items = 10,
  create_table = 11,
  update_table = 12,
  delete_table = 13,
  describe_table = 14,
  list_tables = 15,
  tag_resource = 16,
  untag_resource = 17,
  list_tags_of_resource = 18,
  describe_continuous_backups = 19,
  update_continuous_backups = 20,
  list_streams = 32,
  describe_stream = 33,
  get_shard_iterator = 34,
  get_records = 35,
  update_time_to_live = 36,
  describe_time_to_live = 37,
};
enum class Status : std::uint8_t { ok = 0, error = 1 };

// Larger than any request or answer: 16 MB of items, of which JSON makes up to seven times as much
// (a list of nulls).
inline constexpr std::size_t kMaxFrame = 256 << 20;

struct Frame {
  std::uint8_t tag = 0;  // Operation or Status
  std::string body{};
};

// A file descriptor, owned.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();
  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Wakes whoever reads from it, or accepts: nothing more comes in. What is written still goes out.
  void shut_down() const;

  // False where the other side is gone.
  bool send(const Frame& frame) const;
  std::optional<Frame> receive() const;

 private:
  int fd_ = -1;
};

// How often, and how long between, a holder is looked for: it may be starting, with its socket not
// there yet, or ending, with its lock about to go. Both pass within moments.
inline constexpr int kTriesForHolder = 40;
inline constexpr std::chrono::milliseconds kPauseForHolder{50};

// The answer to a request, from `client`.
Frame dispatch(Client& client, const Frame& request);

// The socket of `directory`: listening, or connected to the listener. Empty where that fails; errno
// tells why.
Socket listen_in(const std::string& directory);
Socket connect_to(const std::string& directory);
// Removes the socket's file.
void remove_socket(const std::string& directory);

}  // namespace dynamodb::local
