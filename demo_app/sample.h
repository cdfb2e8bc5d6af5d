// The sample blog: rows that are the same for the same seed, however many threads make them.
//
// Every row is a function of the seed and its number, keys included, so that seeding again writes
// the same rows again. Thread safety: any thread.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "demo_app/models.h"

namespace demo_app {

// A small, fast generator (SplitMix64); not for secrets.
class SampleRandom {
 public:
  explicit SampleRandom(std::uint64_t state) : state_(state) {}
  std::uint64_t next();
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

struct SampleAuthor {
  std::string_view username, bio, location;
};
struct SampleCategory {
  std::string_view name, parent;  // parent: a name before it, or empty
};
inline constexpr std::array<SampleAuthor, 5> kSampleAuthors{{{"alice", "Full-stack dev", "Lisbon"},
                                                             {"bob", "Data engineer", "Toronto"},
                                                             {"carol", "ML researcher", "Zurich"},
                                                             {"dave", "DevOps wizard", "Dublin"},
                                                             {"eve", "Security expert", "Oslo"}}};
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSampleTags{
    {{"DynamoDB", "#2196f3"},
     {"C++", "#9c27b0"},
     {"Performance", "#ff9800"},
     {"Testing", "#4caf50"},
     {"Security", "#f44336"},
     {"Design", "#009688"},
     {"Cloud", "#607d8b"},
     {"Tutorial", "#795548"}}};
inline constexpr std::array<SampleCategory, 6> kSampleCategories{{{"Engineering", ""},
                                                                  {"Databases", "Engineering"},
                                                                  {"Languages", "Engineering"},
                                                                  {"Culture", ""},
                                                                  {"Careers", "Culture"},
                                                                  {"Events", "Culture"}}};

class Sample {
 public:
  // `posts` spreads their dates over 300 days.
  Sample(std::uint64_t seed, std::uint64_t posts) : seed_(seed), posts_(posts) {}

  Timestamp start() const;  // the first post's date
  Uuid key(std::string_view kind, std::uint64_t number) const;
  // Post `number` by `author`, with title, slug, text, tags and dates.
  Post post(std::uint64_t number, const Uuid& author) const;
  std::vector<Comment> comments(const Post& post, std::uint64_t number) const;  // 0 to 3
  std::vector<PostRevision> revisions(const Post& post,
                                      std::uint64_t number) const;  // 1 or 2 of every fourth post
  // Which of `count` tags or categories a post has.
  std::vector<std::size_t> choose(std::string_view kind, std::uint64_t number, std::size_t count,
                                  std::size_t at_most) const;
  std::string paragraph(SampleRandom& random, std::size_t sentences) const;

 private:
  SampleRandom random(std::string_view kind, std::uint64_t number) const;

  std::uint64_t seed_;
  std::uint64_t posts_;
};

}  // namespace demo_app
