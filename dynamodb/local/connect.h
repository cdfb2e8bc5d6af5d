// One data directory, several processes: the one that holds it serves the others through a Unix
// socket inside it.
//
// Frames on the socket, both ways: length:u32 (big-endian, of what follows) then
//   request  := operation:u8 DynamoDB-JSON      (Operation in socket_protocol.h)
//   response := status:u8 DynamoDB-JSON         (0: the result; 1: the error)
// One request at a time on a connection. The socket is the owner's alone (mode 0600).
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "dynamodb/client.h"
#include "dynamodb/local/engine.h"

namespace dynamodb::local {

// Serves `client` on a socket in `directory` until destroyed; calls in progress are finished then.
class SocketServer {
 public:
  // Throws OpenException where the socket cannot be made.
  SocketServer(Client& client, const std::string& directory);
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A Client through the socket of the process that holds `directory`. Throws OpenException where
// none answers. The completion forms block, and complete before they return. Once the holder is
// gone, calls go to the one that holds the directory by then; where there is none, this process
// opens it as `heir` says, or calls fail with `unavailable` without one. A call whose answer a
// dying holder owes fails so, too: nobody knows whether it was carried out.
std::unique_ptr<Client> connect(const std::string& directory,
                                std::optional<EngineOptions> heir = std::nullopt);

// Opens the engine in `options.directory` and serves it to other processes; where another process
// holds the directory, connects to that one, and is its heir. Throws OpenException.
std::unique_ptr<Client> open_or_connect(EngineOptions options);

}  // namespace dynamodb::local
