// What the compiled models are to migrations: their state, their tables, the defaults they declare.
#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/questioner.h"
#include "dynamo_backend/migrations/test_states.h"
#include "dynamo_backend/models.h"
#include "dynamo_backend/tables.h"

namespace compiled {
using namespace dynamo_backend;

struct Author : DynamoModel<Author> {
  std::string name{};
  static constexpr auto schema = define<Author>(CharField<&Author::name>{.unique = true});
};
struct Note : DynamoModel<Note> {
  std::string title{};
  std::string body{};
  std::string kind = "draft";
  Ref<Author> author_pk{};
  std::optional<Ref<Author>> editor_pk{};
  std::int64_t rank = 3;
  bool open = true;
  Decimal price{};
  Timestamp at{};
  Timestamp changed_at{};
  Uuid token{};
  Json extra{};
  Binary blob{};
  std::set<std::int64_t> numbers{};
  std::vector<std::string> tags{};
  std::vector<std::string> made{};
  Many<Author> readers{};
  static std::vector<std::string> make_tags() { return {"new"}; }
  static std::string timeline(const Note&) { return "all"; }
  static constexpr auto schema = define<Note>(
      {.table_name = "notes"}, CharField<&Note::title>{.attribute = "name"},
      TextField<&Note::body>{.blank = true}, CharField<&Note::kind>{.index = true},
      ForeignKey<&Note::author_pk>{}, ForeignKey<&Note::editor_pk>{.on_delete = OnDelete::set_null},
      IntegerField<&Note::rank>{}, BooleanField<&Note::open>{}, DecimalField<&Note::price>{},
      DateTimeField<&Note::at>{}, DateTimeField<&Note::changed_at>{.auto_now = true},
      UUIDField<&Note::token>{}, JSONField<&Note::extra>{}, BinaryField<&Note::blob>{},
      SetField<&Note::numbers>{}, ListField<&Note::tags>{},
      ListField<&Note::made>{.default_factory = &Note::make_tags},
      ManyToManyField<&Note::readers>{}, Index<&Note::kind, &Note::rank>{.name = "kind-rank"},
      ComputedIndex<&Note::timeline, &Note::at>{.name = "timeline"});
};
struct Session : DynamoTable<Session> {
  std::string user{};
  std::int64_t number = 0;
  std::string device{};
  std::optional<std::string> place{};
  Timestamp until{};
  static constexpr auto schema = define<Session>(
      {.stream = StreamViewType::keys_only}, PartitionKey<&Session::user>{},
      SortKey<&Session::number>{}, CharField<&Session::device>{.unique = true, .fold_case = true},
      CharField<&Session::place>{}, TTLField<&Session::until>{},
      Unique<&Session::user, &Session::place>{},
      Index<&Session::user, &Session::place>{
          .name = "by-place", .local = true, .includes = includes<&Session::until>()},
      Index<&Session::device, &Session::user, &Session::place>{.name = "wide", .hash_keys = 2});
};

}  // namespace compiled

namespace dynamo_backend::migrations {
namespace {

using testing::ElementsAre;

struct Compiled : testing::Test {
  Compiled() {
    registry.add<compiled::Author>();
    registry.add<compiled::Note>();
    registry.add<compiled::Session>();
  }
  Registry registry;
};

TEST_F(Compiled, State_IsWhatTheDatabaseKeeps) {
  const ProjectState state = project_state(registry);
  EXPECT_EQ(
      to_json(state.model("compiled", "Note")).dump(),
      R"({"model":"Note","table":"notes","partition_key":"pk","fields":[{"name":"pk","type":"uuid"},{"name":"name","type":"text"},{"name":"body","type":"text"},{"name":"kind","type":"text"},{"name":"author_pk","type":"uuid","references":"compiled.Author"},{"name":"editor_pk","type":"uuid","nullable":true,"references":"compiled.Author"},{"name":"rank","type":"integer"},{"name":"open","type":"boolean"},{"name":"price","type":"decimal"},{"name":"at","type":"datetime"},{"name":"changed_at","type":"datetime"},{"name":"token","type":"uuid"},{"name":"extra","type":"json"},{"name":"blob","type":"binary"},{"name":"numbers","type":"set of integer"},{"name":"tags","type":"list of text"},{"name":"made","type":"list of text"},{"name":"timeline","type":"text","computed":true}],"indexes":[{"name":"kind-rank","partition_key":"kind","sort_key":"rank"},{"name":"timeline","partition_key":"timeline","sort_key":"at"},{"name":"kind-index","partition_key":"kind"},{"name":"author_pk-index","partition_key":"author_pk"},{"name":"editor_pk-index","partition_key":"editor_pk"}]})");
  EXPECT_THAT(state.model("compiled", "Author").unique,
              ElementsAre(UniqueState{.fields = {"name"}}));
  const ModelState& join = state.model("compiled", "Note_readers");
  EXPECT_EQ(join.table, "notes_readers");
  EXPECT_EQ(join.find_field("author_pk")->references, "compiled.Author");
  EXPECT_EQ(
      to_json(state.model("compiled", "Session")).dump(),
      R"({"model":"Session","table":"compiled_session","partition_key":"user","sort_key":"number","fields":[{"name":"user","type":"text"},{"name":"number","type":"integer"},{"name":"device","type":"text"},{"name":"place","type":"text","nullable":true},{"name":"until","type":"epoch"}],"indexes":[{"name":"by-place","partition_key":"user","sort_key":"place","local":true,"projection":"include","include":["until"]},{"name":"wide","partition_key":["device","user"],"sort_key":"place"},{"name":"device-index","partition_key":"device"}],"unique":[{"fields":["device"],"fold_case":true},{"fields":["user","place"]}],"ttl":"until","stream":"keys_only"})");
}

TEST_F(Compiled, TableDefinitions_AreThoseOfTheModels) {
  for (const ModelInfo* info : registry.models()) {
    const auto expected = dynamo_backend::table_definition(*info);
    const auto definition = table_definition(model_state(*info));
    EXPECT_EQ(definition.name, expected.name);
    EXPECT_EQ(definition.key, expected.key);
    EXPECT_EQ(definition.global_indexes, expected.global_indexes);
    EXPECT_EQ(definition.local_indexes, expected.local_indexes);
    EXPECT_EQ(definition.settings, expected.settings);
  }
}

TEST_F(Compiled, ModelWithoutAnApp_IsRefused) {
  ModelInfo info;
  info.name = "Loose";
  expect_error([&] { model_state(info); }, "Loose", "namespace", ".app_label");
}

TEST_F(Compiled, DeclaredDefault_IsTheCxxDefault_WhereItIsAValue) {
  const auto of = [&](const char* name) {
    return declared_default(registry, "compiled.Note", name);
  };
  EXPECT_EQ(of("kind").value, Value("draft"));
  EXPECT_EQ(of("body").value, Value(""));
  EXPECT_EQ(of("rank").value, Value(3));
  EXPECT_EQ(of("open").value, Value(true));
  EXPECT_EQ(of("price").value, Value(0));
  EXPECT_EQ(of("tags").value, Value(dynamodb::List{}));
  EXPECT_EQ(of("made").value, Value(dynamodb::List{"new"}));
  EXPECT_EQ(of("blob").value, Value(Binary{}));
  EXPECT_EQ(of("token").function, "uuid4");
  EXPECT_TRUE(declared_default(registry, "compiled.Session", "until").empty());
  for (const char* none :
       {"name", "author_pk", "editor_pk", "at", "changed_at", "nope", "timeline"})
    EXPECT_TRUE(of(none).empty()) << none;
}

}  // namespace
}  // namespace dynamo_backend::migrations
