#include "demo_app/sample.h"

#include <algorithm>

#include "base/timestamp.h"

namespace demo_app {
namespace {

using Words = std::string_view;

// Titles are the original's: "{adjective} {noun} on {topic} #{n}".
constexpr std::array<Words, 14> kAdjectives{
    "Essential", "Advanced",  "Practical", "Modern", "Complete", "Quick", "Deep",
    "Simple",    "Effective", "Powerful",  "Hidden", "Proven",   "Smart", "Ultimate"};
constexpr std::array<Words, 12> kNouns{"Guide",   "Tips",     "Tricks",     "Patterns",
                                       "Secrets", "Lessons",  "Notes",      "Thoughts",
                                       "Tricks",  "Insights", "Strategies", "Techniques"};
constexpr std::array<Words, 13> kTopics{
    "DynamoDB",    "C++",      "Microservices", "Caching",    "Observability",
    "Search",      "Security", "Testing",       "Serverless", "Data Modelling",
    "Concurrency", "APIs",     "Deployment"};

constexpr std::array<Words, 16> kSubjects{"A single table",
                                          "The partition key",
                                          "Every index",
                                          "A good cache",
                                          "The query planner",
                                          "Our team",
                                          "The compiler",
                                          "A slow test",
                                          "The write path",
                                          "A careful review",
                                          "The monitoring dashboard",
                                          "An idle connection",
                                          "The deployment",
                                          "A background worker",
                                          "The customer",
                                          "A small library"};
constexpr std::array<Words, 14> kVerbs{
    "explains", "hides",      "simplifies", "measures", "replaces", "protects", "reveals",
    "outgrows", "depends on", "shapes",     "repeats",  "reduces",  "survives", "questions"};
constexpr std::array<Words, 16> kObjects{
    "the cost of a full scan",   "a surprising amount of latency",
    "the shape of the data",     "yesterday's assumptions",
    "a rarely used feature",     "the budget for retries",
    "an old migration",          "the error message",
    "consistent reads",          "a race between two writers",
    "the memory of the process", "the access pattern",
    "an honest benchmark",       "the boundary between services",
    "a forgotten password",      "the shortest design"};
constexpr std::array<Words, 12> kEndings{"",
                                         " in production",
                                         " before lunch",
                                         " under load",
                                         " after the second attempt",
                                         " without anyone noticing",
                                         " on a quiet Sunday",
                                         " at the edge of the network",
                                         ", and that is fine",
                                         ", which nobody expected",
                                         " once the traffic doubles",
                                         " when the disk is full"};
constexpr std::array<Words, 10> kKeywords{"dynamodb", "cpp",   "performance", "testing", "security",
                                          "design",   "cloud", "tutorial",    "rocksdb", "indexes"};
constexpr std::array<Words, 8> kReaders{"Frank", "Grace",   "Heidi",  "Ivan",
                                        "Judy",  "Mallory", "Olivia", "Peggy"};

template <std::size_t N>
Words pick(const std::array<Words, N>& words, SampleRandom& random) {
  return words[random.below(N)];
}

// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xCBF29CE484222325ull;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return h;
}

constexpr std::chrono::days kSpread{300};

}  // namespace

std::uint64_t SampleRandom::next() {
  std::uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

SampleRandom Sample::random(std::string_view kind, std::uint64_t number) const {
  SampleRandom mixed(seed_ ^ hash(kind));
  return SampleRandom(mixed.next() + number * 0xD1342543DE82EF95ull);
}

Timestamp Sample::start() const { return *base::parse_iso("2026-01-01T08:00:00Z"); }

Uuid Sample::key(std::string_view kind, std::uint64_t number) const {
  SampleRandom bits = random(kind, number);
  const std::uint64_t high = bits.next();
  return Uuid::from_bits(high, bits.next());
}

std::string Sample::paragraph(SampleRandom& random, std::size_t sentences) const {
  std::string text;
  text.reserve(sentences * 80);
  for (std::size_t i = 0; i < sentences; ++i) {
    if (i > 0) text += ' ';
    text.append(pick(kSubjects, random))
        .append(" ")
        .append(pick(kVerbs, random))
        .append(" ")
        .append(pick(kObjects, random));
    text.append(pick(kEndings, random)).append(".");
  }
  return text;
}

Post Sample::post(std::uint64_t n, const Uuid& author) const {
  SampleRandom words = random("post", n);
  Post post;
  post.pk = key("post", n);
  post.title.append(kAdjectives[n % 14])
      .append(" ")
      .append(kNouns[n / 14 % 12])
      .append(" on ")
      .append(kTopics[n / 168 % 13]);
  post.title.append(" #").append(std::to_string(n));
  post.slug = "post-" + std::to_string(n) + "-" + post.pk.str().substr(0, 8);
  post.body = paragraph(words, 2 + words.below(2)) + "\n\n" + paragraph(words, 1 + words.below(2));
  post.author_pk = Ref<Author>(author);
  post.published = n % 2 == 0;
  for (std::size_t i = words.below(3); i > 0; --i) post.tags.emplace_back(pick(kKeywords, words));
  std::sort(post.tags.begin(), post.tags.end());
  post.tags.erase(std::unique(post.tags.begin(), post.tags.end()), post.tags.end());
  const auto step = std::chrono::duration_cast<std::chrono::microseconds>(kSpread) /
                    static_cast<std::int64_t>(std::max<std::uint64_t>(posts_, 1));
  post.created_at = start() + step * static_cast<std::int64_t>(n);
  post.updated_at = post.created_at;
  return post;
}

std::vector<Comment> Sample::comments(const Post& post, std::uint64_t number) const {
  SampleRandom words = random("comment", number);
  std::vector<Comment> comments(words.below(4));
  for (std::size_t i = 0; i < comments.size(); ++i) {
    Comment& comment = comments[i];
    comment.pk = key("comment", number * 4 + i);
    comment.post_pk = post;
    comment.author_name = pick(kReaders, words);
    comment.body = paragraph(words, 1 + words.below(2));
    comment.created_at = post.created_at + std::chrono::hours(1 + i);
  }
  return comments;
}

std::vector<PostRevision> Sample::revisions(const Post& post, std::uint64_t number) const {
  if (number % 4 != 0) return {};
  SampleRandom words = random("revision", number);
  std::vector<PostRevision> revisions(1 + words.below(2));
  for (std::size_t i = 0; i < revisions.size(); ++i) {
    PostRevision& revision = revisions[i];
    revision.revision_number = static_cast<std::int64_t>(i) + 1;
    revision.pk = PostRevision::key_of(post.pk, revision.revision_number);
    revision.post_pk = post;
    revision.editor_pk = post.author_pk;
    revision.body_snapshot = i + 1 == revisions.size() ? post.body : paragraph(words, 2);
    revision.change_summary = i == 0 ? "First version" : "Clearer wording";
    revision.created_at = post.created_at + std::chrono::minutes(30 * i);
  }
  return revisions;
}

std::vector<std::size_t> Sample::choose(std::string_view kind, std::uint64_t number,
                                        std::size_t count, std::size_t at_most) const {
  SampleRandom words = random(kind, number);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 1 + words.below(at_most); i > 0; --i) chosen.push_back(words.below(count));
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace demo_app
