#include "dynamo_backend/migrations/table_walk.h"

#include <pthread.h>

#include "dynamo_backend/migrations/test_runner.h"

namespace dynamo_backend::migrations {
namespace {

// What threads that are started from here on get.
class StackSize {
 public:
  StackSize() {
    EXPECT_EQ(::pthread_getattr_default_np(&attributes_), 0);
    EXPECT_EQ(::pthread_attr_getstacksize(&attributes_, &usual_), 0);
  }
  ~StackSize() {
    set_usual();
    ::pthread_attr_destroy(&attributes_);
  }
  StackSize(const StackSize&) = delete;
  StackSize& operator=(const StackSize&) = delete;

  void set_usual() { set(usual_); }
  void set_more_than_there_is() { set(std::size_t{1} << 50); }

 private:
  void set(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(::pthread_attr_setstacksize(&attributes_, bytes), 0);
    EXPECT_EQ(::pthread_setattr_default_np(&attributes_), 0);
  }
  std::mutex mutex_;
  pthread_attr_t attributes_{};
  std::size_t usual_ = 0;
};

class TableWalkTest : public ExecutorTest {};

TEST_F(TableWalkTest, AThreadThatCannotBeStarted_IsAnError_OnceTheOthersHaveStopped) {
  prepare();
  CapacityBudget budget;
  const RunControl control(*connection_, budget);
  StackSize stack;
  std::string told;
  while (told.empty()) {  // until a thread visits a row before the last one is started
    stack.set_usual();
    try {
      walk_table(control,
                 {.table = "shop_product",
                  .visit =
                      [&](dynamodb::ItemView) {
                        stack.set_more_than_there_is();
                        return Visit::unchanged;
                      }},
                 std::vector<SegmentProgress>(64));
    } catch (const MigrationError& error) {
      told = error.what();
    }
  }
  EXPECT_THAT(told, HasSubstr("--segments"));
}

}  // namespace
}  // namespace dynamo_backend::migrations
