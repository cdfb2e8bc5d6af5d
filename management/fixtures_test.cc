// Dumps and loads: nothing is lost on the way, what hangs on rows is made again, and what does not
// fit is refused before anything is written.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"
#include "dynamo_backend/test_terse_client.h"
#include "dynamodb/test_random_values.h"
#include "management/command.h"
#include "management/fixtures/dump.h"
#include "management/fixtures/fixture_line.h"
#include "management/fixtures/load.h"
#include "management/model_selection.h"
#include "tests/temporary_folder.h"

namespace management {
namespace {

using test_blog::Author, test_blog::Category, test_blog::Comment, test_blog::Database,
    test_blog::Post, test_blog::Tag;
using testing::ElementsAre;
using testing::HasSubstr;

const dynamo_backend::Connection& connection() { return dynamo_backend::Connection::current(); }

std::vector<const dynamo_backend::ModelInfo*> models(const std::vector<std::string>& labels = {},
                                                     const std::vector<std::string>& without = {}) {
  dynamo_backend::Registry registry;
  test_blog::models(registry);
  return select_models(registry, labels, without);
}

std::string dump(DumpOptions options = {}) {
  if (options.models.empty()) options.models = models();
  std::ostringstream out;
  dump_rows(connection(), options, [&out](std::string_view lines) { out << lines; });
  return out.str();
}

LoadOptions all_models() {
  LoadOptions options;
  for (const auto* model : models()) {
    std::string label = model->label();
    for (char& c : label) c = static_cast<char>(std::tolower(c));
    options.models.emplace(label, model);
  }
  return options;
}

class Fixtures : public testing::Test {
 protected:
  std::string write(const std::string& text, const std::string& name = "rows.jsonl") {
    LineWriter file(folder.path() + "/" + name);
    file.write(text);
    file.finish();
    return folder.path() + "/" + name;
  }
  struct Checked {
    std::uint64_t rows = 0, wrong = 0;
    std::vector<LoadProblem> problems{};
  };
  Checked check(const std::string& text, const LoadOptions& options = all_models()) {
    LineReader file(write(text));
    Checked checked;
    const auto found = check_fixture(
        file, options, [&](const LoadProblem& problem) { checked.problems.push_back(problem); });
    checked.rows = found.rows;
    checked.wrong = found.wrong;
    return checked;
  }
  Loaded load(const std::string& text, const LoadOptions& options = all_models()) {
    LineReader file(write(text));
    check_fixture(file, options, [](const LoadProblem& problem) {
      ADD_FAILURE() << problem.where << ": " << problem.text;
    });
    return load_fixture(connection(), file, options);
  }
  tests::TemporaryFolder folder;
};

void make_blog() {
  const auto alice = Author::objects.create({.username = "alice", .email = "a@example.com"});
  const auto tag = Tag::objects.create({.name = "c++"});
  const auto parent = Category::objects.create({.name = "parent"});
  Category::objects.create({.name = "child", .parent_pk = parent});
  for (int i = 0; i < 30; ++i) {
    auto post = Post::objects.create({.title = "Post " + std::to_string(i),
                                      .slug = "post-" + std::to_string(i),
                                      .author_pk = alice,
                                      .published = i % 2 == 0,
                                      .tags = {"a", ""}});
    post.labels.add(tag);
    post.categories.add(parent);
    Comment::objects.create({.post_pk = post, .body = "line\n\"quoted\" \xF0\x9F\x98\x80"});
  }
}

TEST_F(Fixtures, ABlogComesBackByteForByte_WithItsJoinTablesAndItsUniqueValues) {
  std::string before;
  {
    Database db;
    make_blog();
    before = dump();
  }
  Database db;
  const Loaded loaded = load(before);
  EXPECT_EQ(loaded.written, 1u + 1 + 2 + 30 * 4);
  EXPECT_EQ(dump(), before);
  EXPECT_EQ(Post::objects
                .filter(dynamo_backend::f<&Post::labels>.contains(
                    Tag::objects.get(dynamo_backend::f<&Tag::name> == "c++")))
                .count(),
            30u);
  EXPECT_THROW(Author::objects.create({.username = "alice"}), dynamo_backend::IntegrityError);
}

TEST_F(Fixtures, VersionsOfTheFullTextIndex_AreNotDumped_AndBeginAnew) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  auto post = Post::objects.create({.title = "a", .slug = "a", .author_pk = alice});
  const std::string before = dump();
  EXPECT_THAT(before, testing::Not(HasSubstr("search_version")));
  post.title = "b";
  post.save();
  db.tick();
  load(before);
  EXPECT_EQ(db.stored("posts", post.pk).at("search_version"),
            dynamodb::AttributeValue(db.now().time_since_epoch().count()));
}

TEST_F(Fixtures, AttributesThatTheModelDoesNotKnow_OfEveryType_ComeBackByteForByte) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  dynamodb::testing::RandomValues random(seed);
  std::string before;
  {
    Database db;
    for (int i = 0; i < 300; ++i) {
      dynamodb::Item item = random.item(3);
      for (const auto* field : dynamo_backend::model_info<Comment>().by_attribute)
        item.erase(std::string(field->attribute));
      item.emplace("pk", dynamo_backend::Uuid::random().str());
      item.emplace("post_pk", dynamo_backend::Uuid::random().str());
      db.put("test_blog_comment", item);
    }
    before = dump();
  }
  Database db;
  load(before);
  EXPECT_EQ(dump(), before);
  load(before);  // twice is once
  EXPECT_EQ(dump(), before);
}

TEST_F(Fixtures, NumbersOf38DigitsBytesSetsNullAndAbsenceStayWhatTheyAre) {
  Database db;
  const std::string row =
      R"({"model":"test_blog.Comment","item":{"pk":{"S":"0f8fad5b-d9cb-469f-a165-70867728950e"},)"
      R"("b":{"B":"AAEC/w=="},"bs":{"BS":["AA==","AQ=="]},"e":{"S":""},"l":{"L":[]},"m":{"M":{}},)"
      R"("n":{"N":"-0.00012345678901234567890123456789012345678"},"ns":{"NS":["1","2.5"]},)"
      R"("nul":{"NULL":true},"post_pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"}}})"
      "\n";
  load(row);
  FixtureLine in = parse_fixture_line(row.substr(0, row.size() - 1));
  FixtureLine out = parse_fixture_line(dump().substr(0, dump().size() - 1));
  EXPECT_EQ(out.item, in.item);
  EXPECT_THAT(dump(), HasSubstr(R"("n":{"N":"-0.00012345678901234567890123456789012345678"})"));
}

TEST_F(Fixtures, Selection_AppsModelsAndExclusions) {
  EXPECT_THROW(models({"blog"}), CommandError);
  EXPECT_EQ(models({"TEST_BLOG"}).size(), models().size());
  // With the join table that the model makes.
  ASSERT_EQ(models({"test_blog.post"}).size(), 2u);
  EXPECT_EQ(models({"test_blog.post"})[1]->label(), "test_blog.Post_labels");
  EXPECT_EQ(models({"test_blog"}, {"test_blog.Post"}).size(), models().size() - 2);
}

TEST_F(Fixtures, Pks_OnlyThoseRows) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  Author::objects.create({.username = "bob"});
  const auto lines = dump({.models = models({"test_blog.Author"}), .keys = {alice.pk.str()}});
  EXPECT_THAT(lines, HasSubstr("alice"));
  EXPECT_THAT(lines, testing::Not(HasSubstr("bob")));
  EXPECT_THROW(dump({.models = models({"test_blog.Author"}),
                     .keys = {dynamo_backend::Uuid::random().str()}}),
               CommandError);
}

TEST_F(Fixtures, ARowThatDoesNotFit_NamesLineModelAndField_AndNothingIsWritten) {
  Database db;
  const std::string good =
      R"({"model":"test_blog.Post","item":{"pk":{"S":"0f8fad5b-d9cb-469f-a165-70867728950e"}}})";
  const auto checked = check(
      good + "\n\n" +
      R"({"model":"test_blog.Post","item":{"pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"},"view_count":{"S":"7"}}})"
      "\n"
      R"({"model":"test_blog.Post","item":{"title":{"S":"no key"}}})"
      "\n"
      R"({"model":"test_blog.Nothing","item":{"pk":{"S":"7"}}})"
      "\n"
      R"({"model":"test_blog.Post","item":{"pk":{"S":"not a uuid"}}})"
      "\n"
      R"({"model":"test_blog.Post","item":{"pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"},"slug":{"S":""}}})"
      "\n"
      R"({"model":"test_blog.Post","item":{"pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"},"x":{"N":"seven"}}})"
      "\n"
      "{\"model\":\n"
      R"({"model":"test_blog.Post","pk":"7","fields":{}})"
      "\n");
  EXPECT_EQ(checked.rows, 1u);
  ASSERT_EQ(checked.wrong, 8u);
  const auto& p = checked.problems;
  EXPECT_THAT(p[0].where, HasSubstr("rows.jsonl:3"));
  EXPECT_THAT(p[0].text, HasSubstr("test_blog.Post: view_count is of type S"));
  EXPECT_THAT(p[1].text, HasSubstr("pk is missing"));
  EXPECT_THAT(p[2].text, HasSubstr("no model is called \"test_blog.Nothing\""));
  EXPECT_THAT(p[3].text, HasSubstr("pk "));
  EXPECT_THAT(p[4].text, HasSubstr("slug is a key and empty"));
  EXPECT_THAT(p[5].text, HasSubstr("\"item\""));
  EXPECT_THAT(p[6].text, HasSubstr("JSON"));
  EXPECT_THAT(p[7].text, HasSubstr("it has no \"pk\""));
  EXPECT_EQ(Post::objects.count(), 0u);
}

TEST_F(Fixtures, EveryLineThatDoesNotFitIsNamed_HoweverMany) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "{}\n";
  const auto checked = check(text);
  EXPECT_EQ(checked.wrong, 300u);
  ASSERT_EQ(checked.problems.size(), 300u);
  EXPECT_THAT(checked.problems.back().where, HasSubstr("rows.jsonl:300"));
}

TEST_F(Fixtures, AReasonDoesNotEndAtANul) {
  const auto checked = check(R"({"model":"test_blog.Post","item":{"pk":{"S":"a\u0000b"}}})"
                             "\n"
                             R"({"model":"test_blog.Post\u0000s","item":{"pk":{"S":"a"}}})"
                             "\n");
  ASSERT_EQ(checked.problems.size(), 2u);
  EXPECT_THAT(checked.problems[0].text, HasSubstr(R"(pk is "a\x00b", not a UUID)"));
  EXPECT_THAT(checked.problems[1].text, HasSubstr(R"(no model is called "test_blog.Post\x00s")"));
}

// As a raw save, a load takes what the validators would not, unless it is asked to look.
TEST_F(Fixtures, Validate_RefusesWhatSaveWould) {
  const auto line = [](const std::string& more) {
    return R"({"model":"test_blog.Post","item":{"pk":{"S":"0f8fad5b-d9cb-469f-a165-70867728950e"},)"
           R"("author_pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"},"title":{"S":"a"},)" +
           more + "}}\n";
  };
  const std::string text = line(R"("slug":{"S":"good"})") + line(R"("slug":{"S":"a\u0000b"})") +
                           line(R"("slug":{"S":"a b"})");
  EXPECT_EQ(check(text).wrong, 0u);
  LoadOptions options = all_models();
  options.validate = true;
  const auto checked = check(text, options);
  EXPECT_EQ(checked.rows, 1u);
  ASSERT_EQ(checked.problems.size(), 2u);
  EXPECT_THAT(checked.problems[0].where, HasSubstr("rows.jsonl:2"));
  EXPECT_THAT(checked.problems[0].text, HasSubstr("test_blog.Post: slug: Enter a slug"));
  EXPECT_THAT(checked.problems[1].where, HasSubstr("rows.jsonl:3"));
}

TEST_F(Fixtures, HandWrittenLines_InAnyOrderWithSpaces) {
  Database db;
  load(
      "\xEF\xBB\xBF{ \"item\" : {\"pk\":{\"S\":\"0f8fad5b-d9cb-469f-a165-70867728950e\"}, "
      "\"username\": {\"S\":\"al\\u0069ce\"}}, \"model\":\"Test_Blog.author\" }\r\n");
  EXPECT_EQ(Author::objects.get(dynamo_backend::f<&Author::username> == "alice").bio, "");
}

TEST_F(Fixtures, ARowIsReplaced_AndItsUniqueValueMoves) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice", .bio = "old"});
  const std::string before = dump();
  std::string renamed = before;
  renamed.replace(renamed.find("\"alice\""), 7, "\"carol\"");
  load(renamed);
  EXPECT_EQ(Author::objects.get(alice.pk).username, "carol");
  Author::objects.create({.username = "alice"});  // free
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 2u);
  const Loaded back = load(before);  // alice is another's
  ASSERT_EQ(back.problems.size(), 1u);
  EXPECT_THAT(back.problems[0].where, HasSubstr("rows.jsonl:1"));
  EXPECT_THAT(back.problems[0].text, HasSubstr("username"));
  EXPECT_EQ(Author::objects.get(alice.pk).username, "carol");
}

// A server that does not tell what it is takes no row for gone that was changed meanwhile.
TEST_F(Fixtures, ARowThatChangesMeanwhile_IsReplacedAllTheSame) {
  Database db;
  test_blog::TerseClient terse(db.client());
  const dynamo_backend::ScopedConnection connection(terse);
  const auto alice = Author::objects.create({.username = "alice"});
  std::string renamed = dump();
  renamed.replace(renamed.find("\"alice\""), 7, "\"carol\"");
  db.client().before_write = [&] {
    auto meanwhile = Author::objects.get(alice.pk);
    meanwhile.username = "dora";
    meanwhile.save();
  };
  EXPECT_EQ(load(renamed).written, 1u);
  EXPECT_EQ(Author::objects.get(alice.pk).username, "carol");
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 1u);
}

TEST_F(Fixtures, UniqueValuesThatMoveBetweenRows_InAnyOrderOfLines) {
  Database db;
  for (const char* name : {"a", "b", "c", "d", "e"}) Author::objects.create({.username = name});
  std::string text = dump();
  // a -> b -> c -> d -> e -> f: each value is freed by another line.
  for (char c = 'e'; c >= 'a'; --c) {
    const std::string from = std::string("\"username\":{\"S\":\"") + c,
                      to = std::string("\"username\":{\"S\":\"") + static_cast<char>(c + 1);
    text.replace(text.find(from), from.size(), to);
  }
  EXPECT_TRUE(load(text).problems.empty());
  EXPECT_EQ(dump(), text);
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 5u);
}

TEST_F(Fixtures, AnExpiredRowComesBackBesideTheOneThatHasItsUniqueValue) {
  using test_blog::Session;
  const auto* sessions = &dynamo_backend::model_info<Session>();
  LoadOptions options;
  options.models.emplace("test_blog.session", sessions);
  std::string before;
  for (const bool filled : {true, false}) {
    test_blog::Integrity db;
    const auto hour = std::chrono::hours(1);
    for (const char* token : {"a", "b", "c"}) {
      if (filled)
        Session::objects.create({.token = token, .user = "alice", .expires_at = db.now() + hour});
      db.tick(2 * hour);
    }
    if (filled) Session::objects.create({.token = "d", .user = "alice"});
    if (filled) before = dump({.models = {sessions}});
    if (!filled) {
      EXPECT_THAT(load(before, options).problems, testing::IsEmpty());
    }
    EXPECT_EQ(dump({.models = {sessions}}), before);
    EXPECT_THROW(Session::objects.create({.token = "e", .user = "alice"}),
                 dynamo_backend::IntegrityError);
  }
}

TEST_F(Fixtures, InsertOnly_LeavesWhatIsThere) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice", .bio = "old"});
  Comment::objects.create(
      {.post_pk = dynamo_backend::Ref<Post>(dynamo_backend::Uuid::random()), .body = "old"});
  std::string text = dump();
  for (std::size_t at; (at = text.find("\"old\"")) != std::string::npos;)
    text.replace(at, 5, "\"new\"");
  auto options = all_models();
  options.insert_only = true;
  Author::objects.create({.username = "bob"});
  const Loaded loaded = load(text, options);
  EXPECT_EQ(loaded.kept, 2u);
  EXPECT_EQ(loaded.written, 0u);
  EXPECT_EQ(Author::objects.get(alice.pk).bio, "old");
  EXPECT_EQ(Comment::objects.first()->body, "old");
  EXPECT_EQ(load(text).written, 2u);
  EXPECT_EQ(Author::objects.get(alice.pk).bio, "new");
}

TEST_F(Fixtures, VersionsAndTimesStay_ComputedIndexesAreMadeAgain) {
  Database db;
  make_blog();
  std::string text = dump();
  for (std::size_t at; (at = text.find(R"("feed":{"S":"all"},)")) != std::string::npos;)
    text.erase(at, 19);
  Post::objects.all().remove();
  db.tick();
  load(text);
  const auto post = Post::objects.filter(dynamo_backend::f<&Post::published> == true).first();
  EXPECT_EQ(post->version, 1u);
  EXPECT_EQ(post->created_at, db.now() - std::chrono::seconds(1));
  EXPECT_EQ(post->updated_at, post->created_at);
  EXPECT_THAT(dump(), HasSubstr(R"("feed":{"S":"all"})"));
}

TEST_F(Fixtures, OneKeyTwiceInAFile_TheLaterLineWins) {
  Database db;
  const std::string start =
      R"({"model":"test_blog.Comment","item":{"pk":{"S":"0f8fad5b-d9cb-469f-a165-70867728950e"},)"
      R"("post_pk":{"S":"7c9e6679-7425-40de-944b-e07fc1f90ae7"},"body":{"S":")";
  load(start + "first\"}}}\n" + start + "second\"}}}\n");
  EXPECT_EQ(Comment::objects.count(), 1u);
  EXPECT_EQ(Comment::objects.first()->body, "second");
}

TEST_F(Fixtures, AFailureInTheMiddle_TheSecondLoadCompletes) {
  std::string before;
  {
    Database db;
    make_blog();
    before = dump();
  }
  Database db;
  db.client().writes_left = 2;
  EXPECT_THROW(load(before), std::exception);
  db.client().writes_left = -1;
  load(before);
  EXPECT_EQ(dump(), before);
}

TEST_F(Fixtures, ThrottledBatches_AreSentAgain) {
  std::string before;
  {
    Database db;
    make_blog();
    before = dump();
  }
  Database db;
  db.client().leave_unprocessed = 5;
  db.client().collide = 2;
  load(before);
  EXPECT_EQ(dump(), before);
}

TEST_F(Fixtures, Tables_AreMadeWhereTheyAreMissing) {
  std::string before;
  {
    Database db;
    make_blog();
    before = dump({.models = models(), .tables = true});
  }
  Database db;
  connection().client().delete_table("posts").value();
  connection().client().delete_table("test_blog_comment").value();
  load(before);
  EXPECT_EQ(dump({.models = models(), .tables = true}), before);
  EXPECT_EQ(Post::objects.filter(dynamo_backend::f<&Post::slug> == "post-3").count(), 1u);
}

TEST_F(Fixtures, Gzip_RoundTripAndAFileThatIsCutShort) {
  const std::string path = write("one\ntwo\n\n  \nthree", "lines.gz");
  std::ifstream raw(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(raw)), {});
  EXPECT_EQ(bytes.substr(0, 2), "\x1f\x8b");
  LineReader lines(path);
  std::string line;
  std::vector<std::string> got;
  while (lines.next(line)) got.push_back(line + "@" + std::to_string(lines.number()));
  EXPECT_THAT(got, ElementsAre("one@1", "two@2", "three@5"));
  lines.rewind();
  EXPECT_TRUE(lines.next(line));
  EXPECT_EQ(line, "one");
  std::ofstream(folder.path() + "/short.gz", std::ios::binary) << bytes.substr(0, bytes.size() - 9);
  LineReader cut(folder.path() + "/short.gz");
  EXPECT_THROW(
      {
        while (cut.next(line)) {
        }
      },
      CommandError);
  EXPECT_TRUE(cut.failed());
}

TEST_F(Fixtures, OfTwoDumpsToOneName_TheLastToFinishIsThere_Whole) {
  const std::string path = folder.path() + "/rows.jsonl";
  {
    LineWriter one(path), other(path);
    one.write("one\n");
    other.write("other\n");
    one.finish();
    other.finish();
  }
  std::ifstream file(path);
  EXPECT_EQ(std::string((std::istreambuf_iterator<char>(file)), {}), "other\n");
  std::filesystem::remove(path);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(Fixtures, ADumpThatFails_LeavesNoFileBehind) {
  {
    LineWriter file(folder.path() + "/half.jsonl");
    file.write("half");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_THROW(LineReader(folder.path() + "/none"), CommandError);
  EXPECT_THROW(LineReader(folder.path() + "/"), CommandError);
  EXPECT_THROW(LineWriter(folder.path() + "/no/such/folder"), CommandError);
}

}  // namespace
}  // namespace management
