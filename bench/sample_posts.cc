#include "bench/sample_posts.h"

#include <iterator>
#include <string>

namespace bench {
namespace {

// Prose: an escape in about 40 bytes (quotes, paragraphs, the odd backslash), some letters that are
// not ASCII.
std::string words(std::mt19937_64& random, std::size_t bytes) {
  static const char* const kWords[] = {"table",    "index",  "query",  "partition", "the", "of",
                                       "capacity", "a",      "stream", "and",       "is",  "write",
                                       "model",    "faster", "what",   "reads"};
  static const char* const kForeign[] = {"naïve", "Zürich", "日本語", "façade"};
  std::string text;
  while (text.size() < bytes) {
    if (!text.empty()) text += ' ';
    const std::string word = random() % 16 == 0 ? kForeign[random() % std::size(kForeign)]
                                                : kWords[random() % std::size(kWords)];
    const auto dice = random() % 240;
    if (dice == 0) {
      text += "C:\\" + word;
    } else if (dice < 11) {
      text += '"' + word + '"';
    } else if (dice < 17) {
      text += word + ".\n\n";
    } else {
      text += word;
    }
  }
  return text;
}

}  // namespace

demo_app::Post make_post(std::mt19937_64& random, std::size_t n) {
  demo_app::Post post;
  const auto key = [&] { return base::Uuid::from_bits(random(), random()); };
  post.pk = key();
  post.title = words(random, 20 + random() % 60);
  post.slug = demo_app::slugify(post.title) + "-" + std::to_string(n);
  if (n % 10 != 0) post.body = words(random, 100 + random() % 900);
  if (n % 7 != 0) post.author_pk = dynamo_backend::Ref<demo_app::Author>(key());
  post.published = n % 3 != 0;
  post.is_public = n % 5 != 0;
  for (std::size_t tag = random() % 5; tag > 0; --tag)
    post.tags.push_back("tag-" + std::to_string(random() % 100));
  post.view_count = static_cast<std::int64_t>(random() % 100'000);
  post.created_at = base::Timestamp(
      std::chrono::microseconds(1'700'000'000'000'000 + random() % 50'000'000'000'000));
  post.updated_at = post.created_at + std::chrono::seconds(random() % 100'000);
  return post;
}

}  // namespace bench
