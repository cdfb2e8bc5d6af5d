#include "demo_app/view_counter.h"

#include <random>

#include "dynamo_backend/connection.h"

namespace demo_app {
namespace {

using dynamo_backend::f;

// FNV-1a, from a start that nobody outside knows: who is counted cannot be kept from it by a
// collision that another prepared.
std::uint64_t hash(std::uint64_t state, std::string_view text) {
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return (state ^ 0xFF) * 0x100000001B3ull;
}

std::uint64_t random_start() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

bool is_visit(web::Request& request) {
  return request.method() == "GET" && !request.header("Sec-Purpose").has_value();
}

}  // namespace

bool ViewCounter::is_first(web::Request& request, const Uuid& post, Timestamp now) {
  static const std::uint64_t start = random_start();
  std::uint64_t visitor = hash(start, request.client_address());
  visitor = hash(visitor, request.header("User-Agent").value_or(""));
  visitor = hash(visitor, post.str());
  const std::int64_t hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
  const std::lock_guard lock(mutex_);
  if (hour != hour_ || seen_.size() >= most_) {
    seen_.clear();
    hour_ = hour;
  }
  return seen_.insert(visitor).second;
}

void count_view(web::Request& request, Post& post) {
  static ViewCounter counter;
  if (!is_visit(request) ||
      !counter.is_first(request, post.pk, dynamo_backend::Connection::current().now()))
    return;
  if (Post::objects.filter(f<&Post::pk> == post.pk)
          .update(f<& Post::view_count> = f<&Post::view_count> + 1) == 1)
    ++post.view_count;
}

}  // namespace demo_app
