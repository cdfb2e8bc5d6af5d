#include "demo_app/commands.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "demo_app/seed.h"
#include "management/database.h"
#include "management/progress.h"

namespace demo_app {
namespace {

class SeedPosts : public management::Command {
 public:
  SeedPosts()
      : Command("seed_posts",
                "Fill the blog with a sample. The rows of the sample are written anew: changes "
                "made to them are lost.",
                "./manage seed_posts --posts 1000") {}

  void arguments(CLI::App& app) override {
    app.add_option("--posts", options_.posts, "How many posts")
        ->check(CLI::Range(0ull, 1'000'000'000ull))
        ->capture_default_str();
    app.add_option("--threads", options_.threads, "Threads that make and write them")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    app.add_option("--batch-size", options_.batch_size, "Posts in one BatchWriteItem")
        ->check(CLI::Range(1, 25))
        ->capture_default_str();
    app.add_option("--seed", options_.seed, "The same number gives the same posts")
        ->capture_default_str();
    app.add_option("--without", options_.without,
                   "The username of an author to leave out, so that it stays free");
    app.add_flag("--clear", clear_, "Drop what the blog holds first");
    app.add_flag("--if-empty", if_empty_,
                 "Do nothing where there are posts, but for a sample that was not finished");
  }

  int run(management::Context& context) override {
    context.database();
    if (clear_) clear_blog();
    if (if_empty_ && blog_has_posts() && !is_seed_unfinished(options_.seed)) return 0;
    management::Progress progress(context.output(), "posts", options_.posts);
    seed(options_, [&progress](std::uint64_t posts) { progress.add(posts); });
    progress.finish();
    const double seconds = progress.seconds();
    context.output().say("Seeded %llu posts in %.2f s (%.0f posts/s).\n",
                         static_cast<unsigned long long>(options_.posts), seconds,
                         static_cast<double>(options_.posts) / std::max(seconds, 1e-9));
    return 0;
  }

 private:
  SeedOptions options_;
  bool clear_ = false;
  bool if_empty_ = false;
};

}  // namespace

std::unique_ptr<management::Command> make_seed_posts() { return std::make_unique<SeedPosts>(); }

}  // namespace demo_app
