#include <cstdio>

#include "dynamo_backend/cascade_job.h"
#include "management/builtin_commands.h"
#include "management/database.h"

namespace management {
namespace {

class ResumeJobs : public Command {
 public:
  ResumeJobs()
      : Command("resume_jobs",
                "Finish deletions that were too large for one transaction and whose process ended.",
                "./manage resume_jobs") {}

  int run(Context& context) override {
    context.database();
    const auto result = dynamo_backend::resume_cascades([&](const dynamo_backend::CascadeJob& job) {
      context.output().say("%s: %lld rows deleted\n", job.str().c_str(),
                           static_cast<long long>(job.deleted));
    });
    context.output().say("%zu jobs finished.\n", result.finished);
    if (result.blocked > 0) std::fprintf(stderr, "%zu jobs cannot go on.\n", result.blocked);
    return result.blocked == 0 ? 0 : 1;
  }
};

}  // namespace

std::unique_ptr<Command> make_resume_jobs() { return std::make_unique<ResumeJobs>(); }

}  // namespace management
