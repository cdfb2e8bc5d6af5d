// dumpdata, loaddata, check --data and inspectdb as their users run them: exit codes, what is
// printed where, files, memory.
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/process/manage_process.h"

namespace process_tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::string kOrphan =
    R"({"model":"demo_app.Comment","item":{"author_name":{"S":"x"},"body":{"S":"y"},)"
    R"("pk":{"S":"0f8fad5b-d9cb-469f-a165-70867728950e"},)"
    R"("post_pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"}}})"
    "\n";

TEST(DataCommands, ADumpComesBack_ByteForByte_WhileMemoryStays) {
  const bool nightly = std::getenv("DDB_NIGHTLY") != nullptr;
  const Site site, other;
  ASSERT_EQ(run(site, {"seed_posts", "--posts", nightly ? "100000" : "3000"}).code, 0);
  const Finished dump = run(site, {"dumpdata", "-o", "all.jsonl"});
  EXPECT_EQ(dump.code, 0);
  EXPECT_EQ(dump.out, "");
  EXPECT_THAT(dump.err, HasSubstr("rows of 17 models"));
  const std::string rows = site.folder() + "/all.jsonl";
  for (int twice = 0; twice < 2; ++twice) {
    const Finished load = run(other, {"loaddata", rows});
    EXPECT_EQ(load.code, 0) << load.err;
    EXPECT_THAT(load.out, HasSubstr("from 1 fixtures."));
  }
  EXPECT_EQ(run(other, {"dumpdata", "-o", "again.jsonl"}).code, 0);
  EXPECT_TRUE(read_file(rows) == read_file(other.folder() + "/again.jsonl"));
  EXPECT_EQ(run(other, {"check", "--data"}).code, 0);
  rusage used{};
  ASSERT_EQ(::getrusage(RUSAGE_CHILDREN, &used), 0);
#ifndef DDB_SANITIZED
  EXPECT_LT(used.ru_maxrss, 160 * 1024) << "kilobytes, the largest of the processes";
#endif
}

TEST(DataCommands, LinesThatDoNotFit_AreListed_AndNothingIsWritten) {
  const Site site;
  const std::string path = site.write(
      "bad.jsonl", kOrphan + R"({"model":"demo_app.Post","item":{"pk":{"N":"1"}}})" + "\n");
  const Finished load = run(site, {"loaddata", path});
  EXPECT_EQ(load.code, 1);
  EXPECT_THAT(load.err, AllOf(HasSubstr("bad.jsonl:2: demo_app.Post: pk "),
                              HasSubstr("loaddata: 1 line does not fit; nothing was written")));
  EXPECT_EQ(run(site, {"dumpdata"}).out, "");
  EXPECT_EQ(run(site, {"loaddata", "missing.jsonl"}).code, 1);
  EXPECT_EQ(run(site, {"loaddata"}).code, 2);
  EXPECT_THAT(run(site, {"dumpdata", "nothing"}).err, HasSubstr("demo_app.Post"));
}

TEST(DataCommands, CheckData_FindsAndMends) {
  const Site site;
  ASSERT_EQ(run(site, {"loaddata", site.write("orphan.jsonl", kOrphan)}).code, 0);
  const Finished found = run(site, {"check", "--data"});
  EXPECT_EQ(found.code, 1);
  EXPECT_THAT(found.err, HasSubstr("ERROR: (data.E002) demo_app.Comment 0f8fad5b"));
  EXPECT_THAT(found.out, HasSubstr("1 problems, 0 repaired"));
  const Finished mended = run(site, {"check", "--data", "--repair", "demo_app.Comment"});
  EXPECT_EQ(mended.code, 0);
  EXPECT_THAT(mended.err, HasSubstr("REPAIRED: (data.E002)"));
  EXPECT_THAT(run(site, {"check", "--data"}).out, HasSubstr("0 problems"));
  EXPECT_EQ(run(site, {"check", "--repair"}).code, 2);
}

TEST(DataCommands, DumpFlushLoad_IsAsBefore_AndFlushAsks) {
  const Site site;
  ASSERT_EQ(run(site, {"seed_posts", "--posts", "50"}).code, 0);
  const std::string before = run(site, {"dumpdata"}).out;
  if (::isatty(STDIN_FILENO) == 0) {  // on a terminal it would ask
    const Finished refused = run(site, {"flush"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("--no-input"));
    EXPECT_TRUE(run(site, {"dumpdata"}).out == before);
  }
  EXPECT_EQ(run(site, {"flush", "--no-input"}).code, 0);
  EXPECT_EQ(run(site, {"dumpdata"}).out, "");
  // Its claims are gone, too: an author's name is free.
  EXPECT_THAT(run(site, {"check", "--data"}).out, HasSubstr("0 rows and 0 claims: 0 problems"));
  EXPECT_EQ(run(site, {"loaddata", site.write("all.jsonl", before)}).code, 0);
  EXPECT_TRUE(run(site, {"dumpdata"}).out == before);
}

TEST(DataCommands, WhileTheServerRuns) {
  const Site site;
  Manage server(site, {"runserver", "0"});
  ASSERT_NE(server.port(), 0);
  ASSERT_EQ(ask(server.port(), post_request("/api/authors/", R"({"username":"alice"})")).status,
            201);
  EXPECT_THAT(run(site, {"dumpdata", "demo_app.Author"}).out, HasSubstr("alice"));
  EXPECT_EQ(run(site, {"check", "--data", "--repair"}).code, 0);
}

TEST(DataCommands, InspectDb_MakesNoTables_AndRefusesWhatIsNotThere) {
  const Site site;
  const Finished empty = run(site, {"inspectdb"});
  EXPECT_EQ(empty.code, 0) << empty.err;
  EXPECT_THAT(empty.out, HasSubstr("inline void models("));
  EXPECT_THAT(empty.out, Not(HasSubstr("struct")));
  EXPECT_EQ(run(site, {"inspectdb", "nothing"}).code, 1);
  EXPECT_EQ(run(site, {"inspectdb", "--namespace", "class"}).code, 1);
}

TEST(DataCommands, InspectDb_LeavesTheLibrarysOwnTablesOut) {
  const Site site;
  ASSERT_EQ(run(site, {"migrate"}).code, 0);
  ASSERT_EQ(run(site, {"opensearch_sync", "--once"}).code, 0);  // it takes leases
  const Finished models = run(site, {"inspectdb"});
  EXPECT_THAT(models.out, HasSubstr("struct DemoAppPost"));
  EXPECT_THAT(models.out, Not(HasSubstr("Ddbdjango")));
}

}  // namespace
}  // namespace process_tests
