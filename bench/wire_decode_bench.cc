// A page of 1,000 mixed posts from DynamoDB's JSON into Post structs, beside simdjson's bare parse
// of the same bytes and beside the way through a tree of AttributeValues. Counts allocations a
// post. Prints one line a figure; the best of many passes counts. Usage: wire_decode_bench [passes]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <vector>

#include <simdjson.h>

#include "bench/sample_posts.h"
#include "dynamo_backend/rows.h"
#include "dynamodb/wire.h"

namespace {

// One thread: a plain counter does.
std::uint64_t allocations = 0;

void* counted_new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted_new(size); }
void* operator new[](std::size_t size) { return counted_new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using Clock = std::chrono::steady_clock;
using demo_app::Post;
using Random = std::mt19937_64;

constexpr std::size_t kPosts = 1000;

// ---- the page

// The attributes of each item in an order of its own, as AWS answers.
std::string items_json(const std::vector<Post>& posts, Random& random, std::string_view before,
                       std::string_view after) {
  std::string json = "[";
  for (const Post& post : posts) {
    if (json.size() > 1) json += ',';
    json += before;
    const auto packed = dynamo_backend::pack_row(dynamo_backend::model_info<Post>(), &post);
    std::vector<std::string> members;
    for (const auto& [name, value] : packed.view()) {
      std::string& member = members.emplace_back("\"" + std::string(name) + "\":");
      dynamodb::wire::append_json(member, value);
    }
    std::shuffle(members.begin(), members.end(), random);
    json += '{';
    for (std::size_t i = 0; i < members.size(); ++i) json += (i > 0 ? "," : "") + members[i];
    json += '}';
    json += after;
  }
  return json + "]";
}

// ---- the two ways

std::vector<Post> decode_directly(const std::string& answer) {
  const auto page = dynamodb::wire::decode<dynamodb::QueryResult>(answer).value();
  std::vector<Post> posts(page.items.size());
  const auto& model = dynamo_backend::model_info<Post>();
  for (std::size_t i = 0; i < posts.size(); ++i)
    dynamo_backend::load_row(model, &posts[i], page.items.packed(i));
  return posts;
}

// As well as a tree allows: one parse, texts moved out of it, members by hand, and nothing kept to
// tell later what changed.
std::vector<Post> decode_through_tree(const std::string& list) {
  auto tree = dynamodb::wire::decode_value(list).value();
  auto& items = tree.as<dynamodb::List>();
  std::vector<Post> posts(items.size());
  for (std::size_t i = 0; i < posts.size(); ++i) {
    Post& post = posts[i];
    for (auto& [name, value] : items[i].as<dynamodb::Map>()) {
      const auto text = [&v = value]() -> std::string& { return v.as<std::string>(); };
      if (name == "pk") {
        post.pk = base::Uuid::parse(text()).value();
      } else if (name == "title") {
        post.title = std::move(text());
      } else if (name == "slug") {
        post.slug = std::move(text());
      } else if (name == "body") {
        post.body = std::move(text());
      } else if (name == "author_pk") {
        post.author_pk = dynamo_backend::Ref<demo_app::Author>(base::Uuid::parse(text()).value());
      } else if (name == "published") {
        post.published = value.as<bool>();
      } else if (name == "public") {
        post.is_public = value.as<bool>();
      } else if (name == "tags") {
        for (auto& tag : value.as<dynamodb::List>())
          post.tags.push_back(std::move(tag.as<std::string>()));
      } else if (name == "view_count") {
        post.view_count = value.as<dynamodb::Number>().to_int64().value();
      } else if (name == "created_at") {
        post.created_at = base::parse_iso(text()).value();
      } else if (name == "updated_at") {
        post.updated_at = base::parse_iso(text()).value();
      }
    }
  }
  return posts;
}

// ---- measuring

struct Figure {
  double seconds = 1e9;  // of the best pass
  std::uint64_t allocations = 0;
};

template <class Work>
void pass(Figure& figure, const Work& work) {
  const std::uint64_t before = allocations;
  const auto start = Clock::now();
  [[maybe_unused]] const auto kept = work();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  figure.allocations = allocations - before;
  figure.seconds = std::min(figure.seconds, seconds);
}

bool same(const Post& a, const Post& b) {
  return a.pk == b.pk && a.title == b.title && a.slug == b.slug && a.body == b.body &&
         a.author_pk == b.author_pk && a.published == b.published && a.is_public == b.is_public &&
         a.tags == b.tags && a.view_count == b.view_count && a.created_at == b.created_at &&
         a.updated_at == b.updated_at;
}

}  // namespace

int main(int argc, char** argv) {
  const int passes = argc > 1 ? std::atoi(argv[1]) : 200;
  Random random(1);
  std::vector<Post> posts;
  for (std::size_t n = 0; n < kPosts; ++n) posts.push_back(bench::make_post(random, n));
  const std::string answer =
      "{\"Items\":" + items_json(posts, random, "", "") + ",\"Count\":1000,\"ScannedCount\":1000}";
  const std::string list = "{\"L\":" + items_json(posts, random, "{\"M\":", "}") + "}";

  const auto direct_posts = decode_directly(answer), tree_posts = decode_through_tree(list);
  for (std::size_t i = 0; i < kPosts; ++i) {
    if (!same(posts[i], direct_posts[i]) || !same(posts[i], tree_posts[i])) {
      std::fprintf(stderr, "post %zu was decoded wrongly\n", i);
      return 1;
    }
  }

  const simdjson::padded_string padded(answer);
  simdjson::dom::parser parser;
  Figure bare, wire, direct, tree;
  // In turns, so that the machine's noise hits all alike; but a few passes of each, for the first
  // tidies up the heap that the way before has left.
  constexpr int kTurns = 10;
  const auto turn = [&](Figure& figure, const auto& work) {
    for (int i = 0; i < std::max(passes / kTurns, 2); ++i) pass(figure, work);
  };
  for (int i = 0; i < kTurns; ++i) {
    turn(bare, [&] { return parser.parse(padded).error(); });
    turn(wire, [&] { return dynamodb::wire::decode<dynamodb::QueryResult>(answer); });
    turn(direct, [&] { return decode_directly(answer); });
    turn(tree, [&] { return decode_through_tree(list); });
  }

  const auto megabytes = [&](const Figure& figure) {
    return static_cast<double>(answer.size()) / 1e6 / figure.seconds;
  };
  const auto each = [](const Figure& figure) {
    return static_cast<double>(figure.allocations) / kPosts;
  };
  std::printf("page: %zu posts, %zu bytes, simdjson %s\n", kPosts, answer.size(),
              simdjson::get_active_implementation()->name().c_str());
  std::printf("simdjson, bare parse:        %7.1f MB/s\n", megabytes(bare));
  std::printf("into packed items:           %7.1f MB/s, %5.2f allocations a post\n",
              megabytes(wire), each(wire));
  std::printf("into posts, directly:        %7.1f MB/s, %5.2f allocations a post (aim: <= 5)\n",
              megabytes(direct), each(direct));
  std::printf("into posts, through a tree:  %7.1f MB/s, %5.2f allocations a post\n",
              megabytes(tree), each(tree));
  std::printf("directly / bare parse:       %7.1f %% (aim: >= 40 %%)\n",
              100 * bare.seconds / direct.seconds);
  std::printf("directly / through a tree:   %7.2f x (aim: >= 2.5 x)\n",
              tree.seconds / direct.seconds);
  return 0;
}
