// The backend on a real node of OpenSearch: the suite of all backends, and what OpenSearch alone
// can do. Run by tests/peers/run.py, which sets DDB_OPENSEARCH_URL.
#include <cstdlib>

#include "base/json.h"
#include "dynamo_backend/search/opensearch/opensearch_backend.h"
#include "dynamo_backend/search/opensearch/transport.h"
#include "dynamo_backend/search/test_backend_suite.h"

namespace dynamo_backend::search {
namespace {

using opensearch::Call;
using opensearch::OpenSearchOptions;
using State = IndexVersion::State;

OpenSearchOptions node() {
  const char* url = std::getenv("DDB_OPENSEARCH_URL");
  if (url == nullptr) throw std::runtime_error("DDB_OPENSEARCH_URL is not set: make test-peers");
  return {
      .url = url, .timeout = std::chrono::seconds(60), .search_timeout = std::chrono::seconds(30)};
}

BackendFactory on_a_node() {
  return {[] { return opensearch::open_opensearch_backend(node()); }};
}
INSTANTIATE_TEST_SUITE_P(OpenSearch, BackendSuite, testing::Values(on_a_node()),
                         [](const auto&) { return std::string("Node"); });

// What the suite does not know: the server behind the backend.
class OnANode : public BackendSuite {
 protected:
  opensearch::Answer ask(std::string method, std::string path, std::string body = {}) {
    return server_.send(
        {.method = std::move(method), .path = std::move(path), .body = std::move(body)});
  }
  std::string physical(int version) { return physical_name(index_, version); }

  opensearch::Transport server_{node()};
};
INSTANTIATE_TEST_SUITE_P(OpenSearch, OnANode, testing::Values(on_a_node()),
                         [](const auto&) { return std::string("Node"); });

TEST_P(OnANode, IndexDeletedByHand_IsMissing_AndNotMadeByWriting) {
  const int version = write_live({{.key = "a", .title = "words"}});
  ASSERT_TRUE(ask("DELETE", "/" + physical(version)).ok());
  const std::vector<Document> documents{document({.key = "b"})};
  const std::vector<Checkpoint> checkpoints{{"shard", "1"}};
  EXPECT_THROW(backend_->write(index_, version, documents, {}), IndexMissing);
  EXPECT_THROW(backend_->write(index_, version, {}, checkpoints), IndexMissing);
  EXPECT_THROW(backend_->checkpoints(index_, version), IndexMissing);
  EXPECT_THROW(search({}, "words"), IndexMissing);
  EXPECT_THROW(filtered(is("section", "news")), IndexMissing);
  EXPECT_THROW(backend_->suggest(index_, Strings{"words"}), IndexMissing);
  EXPECT_EQ(ask("GET", "/" + physical(version) + "*?allow_no_indices=false").status, 404);
  EXPECT_GT(backend_->make_version(index_), version);
}

TEST_P(OnANode, ValueThatDoesNotFit_IsRefusedByItself_AndTheFieldNamed) {
  const int version = make_live();
  // The model's field was a number when the index was made; now it is a text.
  index_.filters[3].type = FilterType::text;
  Document changed = document({.key = "bad"});
  changed.filters[3] = {Value("many")};
  const std::vector<Document> documents{document({.key = "a"}), changed, document({.key = "b"})};
  std::vector<Document> as_texts = documents;
  for (Document& d : as_texts)
    if (d.key != "bad") d.filters[3] = {Value("7")};
  const auto outcomes = backend_->write(index_, version, as_texts, {});
  EXPECT_EQ(outcomes[0].status, Status::written);
  EXPECT_EQ(outcomes[1].status, Status::refused);
  EXPECT_THAT(outcomes[1].reason,
              testing::AllOf(HasSubstr("'rating' does not fit the index"), HasSubstr("many")));
  EXPECT_EQ(outcomes[2].status, Status::written);
  backend_->refresh(index_, version);
  EXPECT_EQ(search({}, "").total, 2u);
}

TEST_P(OnANode, FilterDeclaredAfterTheIndexWasMade_NeedsARebuild) {
  const std::vector<FilterField> filters = index_.filters;
  index_.filters.pop_back();  // created_at
  const int version = make_live();
  index_.filters = filters;
  write(version, {document({.key = "a", .title = "words"})});
  EXPECT_THAT(found("words"), ElementsAre("a")) << "all else goes on";
  EXPECT_THAT(filtered(is("section", "news")), ElementsAre("a"));
  try {
    search({.order = Order{"created_at", true}}, "words");
    FAIL();
  } catch (const IndexMissing& error) {
    EXPECT_THAT(error.what(), HasSubstr("created_at"));
  }
}

TEST_P(OnANode, PlainIndexInTheAliasPlace_IsSaid) {
  ASSERT_TRUE(ask("PUT", "/" + index_.name).ok());
  const int version = backend_->make_version(index_);
  try {
    backend_->switch_to(index_, version);
    ADD_FAILURE();
  } catch (const BackendRefused& error) {
    EXPECT_THAT(error.what(), HasSubstr("opensearch_index"));
  }
  ASSERT_TRUE(ask("DELETE", "/" + index_.name).ok());
}

TEST_P(OnANode, VersionsMadeAtTheSameTime_HaveNumbersOfTheirOwn) {
  std::vector<int> numbers(4);
  std::vector<std::thread> threads;
  for (int& number : numbers)
    threads.emplace_back([&number, this] { number = backend_->make_version(index_); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<int>(numbers.begin(), numbers.end()).size(), 4u);
  EXPECT_EQ(backend_->versions(index_).size(), 4u);
}

TEST_P(OnANode, IndexWhoseNameBeginsTheSame_IsAnother) {
  IndexDefinition views = index_;
  views.name += "_views";
  const int other = backend_->make_version(views);
  const int version = make_live();
  EXPECT_EQ(backend_->versions(index_).size(), 1u);
  EXPECT_EQ(version, 1);
  backend_->drop(views, other);
}

TEST_P(OnANode, SwitchingBack_KeepsTheOther) {
  const int first = make_live(), second = make_live();
  backend_->switch_to(index_, first);
  backend_->switch_to(index_, first);
  const auto versions = backend_->versions(index_);
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].state, State::live);
  EXPECT_EQ(versions[1].number, second);
  EXPECT_EQ(versions[1].state, State::old);
}

TEST_P(OnANode, KeyThatLooksLikeACheckpoint_IsRefused) {
  const int version = make_live();
  EXPECT_THAT(write(version, {document({.key = "\x01"
                                               "checkpoint:shard"}),
                              document({.key = "a"})}),
              ElementsAre(Status::refused, Status::written));
}

TEST_P(OnANode, NamesWithDotsAndStars_AreNamesLikeOthers) {
  index_.texts = {{"title.*", 1}, {"body", 1}};
  index_.filters[0].name = "a.b c*";
  const int version = make_live();
  write(version, {document({.key = "a", .title = "words", .section = "x"})});
  const Results results = search(
      {.filter = is("a.b c*", "x"), .facets = {{.field = "a.b c*"}}, .highlight = {"title.*"}},
      "words");
  ASSERT_EQ(results.total, 1u);
  EXPECT_EQ(show(results.facets[0]), "x:1");
  EXPECT_EQ(results.hits[0].highlights[0], "\x01words\x02");
}

TEST_P(OnANode, LongestWords_AreTaken) {
  const int version = make_live();
  EXPECT_THAT(write(version, {document({.key = "a", .title = std::string(100'000, 'x')})}),
              ElementsAre(Status::written));
}

TEST_P(OnANode, SixteenMistypedWords_AreABoundedQuery) {
  const int version = make_live();
  std::vector<Document> documents;
  std::string typed;
  for (int i = 0; i < 16; ++i) {
    const std::string word = std::string(1, static_cast<char>('a' + i)) + "bcdefg";
    typed += word + "x ";
    std::string title;
    for (char c = 'a'; c <= 'z'; ++c) title += word + c + " " + word + c + "y ";
    documents.push_back(document({.key = word, .title = title}));
  }
  write(version, documents);
  EXPECT_EQ(search({.match = Match::any_word_with_typos}, typed).total, 16u);
}

TEST_P(OnANode, OrderByABooleanOrADecimal_GoesOnBehindTheLastHit) {
  write_live({{.key = "a", .visible = true, .price = "10"},
              {.key = "b", .visible = false, .price = "-2.5"},
              {.key = "c", .visible = true, .price = "9.75"}});
  for (const auto& [field, expected] :
       {std::pair("visible", Strings{"b", "a", "c"}), std::pair("price", Strings{"b", "c", "a"})}) {
    Strings all;
    Request request{.order = Order{field, false}, .limit = 1};
    do {
      const Results results = search(request, "");
      for (const std::string& key : keys(results)) all.push_back(key);
      request.position = results.next;
    } while (!request.position.empty());
    EXPECT_EQ(all, expected) << field;
  }
  EXPECT_THROW(search({.position = "no position"}, ""), InvalidCursor);
}

TEST_P(OnANode, TimesBeforeTheEpoch_AreExact) {
  write_live({{.key = "a", .created_at = "1923-05-06T07:08:09.123455Z"},
              {.key = "b", .created_at = "1923-05-06T07:08:09.123456Z"},
              {.key = "c", .created_at = "1923-05-06T07:08:09.124Z"},
              {.key = "d", .created_at = "1923-05-06T07:08:09.122999Z"}});
  const Value bound(base::to_iso(*base::parse_iso("1923-05-06T07:08:09.123456Z")));
  using Type = Filter::Type;
  EXPECT_THAT(filtered(compare(Type::less, "created_at", bound)), ElementsAre("a", "d"));
  EXPECT_THAT(filtered(compare(Type::less_equal, "created_at", bound)), ElementsAre("a", "b", "d"));
  EXPECT_THAT(filtered(compare(Type::greater, "created_at", bound)), ElementsAre("c"));
  EXPECT_THAT(filtered(compare(Type::greater_equal, "created_at", bound)), ElementsAre("b", "c"));
}

TEST(OpenSearchDown, IsUnavailable_AndLeftAloneAfterAWhile) {
  OpenSearchOptions nowhere{.url = "http://127.0.0.1:1"};
  nowhere.breaker = {.failures = 2, .first_open = std::chrono::seconds(60)};
  const auto backend = opensearch::open_opensearch_backend(nowhere);
  EXPECT_THROW(backend->versions({.name = "posts"}), Unavailable);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THROW(backend->versions({.name = "posts"}), Unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  const Health health = backend->health();
  EXPECT_FALSE(health.available);
  EXPECT_THAT(health.detail, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace dynamo_backend::search
