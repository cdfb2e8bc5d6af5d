// A small magazine, and the admin of it on a database in memory: for tests of the admin.
#pragma once
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/site.h"
#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"

namespace magazine {

using namespace dynamo_backend;

struct Writer : DynamoModel<Writer> {
  std::string name{};
  std::string bio{};
  std::string str() const { return name; }
  static constexpr auto schema =
      define<Writer>(CharField<&Writer::name>{.max_length = 60, .unique = true},
                     TextField<&Writer::bio>{.blank = true});
};

struct Label : DynamoModel<Label> {
  std::string name{};
  std::string str() const { return name; }
  static constexpr auto schema = define<Label>(CharField<&Label::name>{.max_length = 40});
};

struct Article : DynamoModel<Article> {
  std::string title{};
  std::string slug{};
  std::string body{};
  Ref<Writer> writer_pk{};
  std::optional<Ref<Writer>> editor_pk{};
  bool published = false;
  std::int64_t words = 0;
  std::vector<std::string> tags{};
  Timestamp created_at{};
  Many<Label> labels{};

  std::string str() const { return title; }
  static std::string timeline(const Article&) { return "all"; }
  static Q<Article> search_visible();

  static constexpr auto schema = define<Article>(
      {.opensearch_sync = true, .ordering = "-created_at"},
      CharField<&Article::title>{.max_length = 100, .searchable = true},
      SlugField<&Article::slug>{.max_length = 120, .index = true},
      TextField<&Article::body>{.blank = true, .searchable = true},
      ForeignKey<&Article::writer_pk>{.filterable = true, .related_name = "articles"},
      ForeignKey<&Article::editor_pk>{.on_delete = OnDelete::set_null, .related_name = "edited"},
      BooleanField<&Article::published>{.filterable = true}, IntegerField<&Article::words>{},
      ListField<&Article::tags>{.filterable = true},
      DateTimeField<&Article::created_at>{.auto_now_add = true},
      ManyToManyField<&Article::labels>{.related_name = "articles"},
      ComputedIndex<&Article::timeline, &Article::created_at>{.name = "timeline"});
};
inline Q<Article> Article::search_visible() { return f<&Article::published> == true; }

struct Note : DynamoModel<Note> {
  Ref<Article> article_pk{};
  std::string text{};
  std::int64_t place = 0;
  std::string str() const { return text; }
  static constexpr auto schema =
      define<Note>(ForeignKey<&Note::article_pk>{.related_name = "notes"},
                   CharField<&Note::text>{.max_length = 200}, IntegerField<&Note::place>{},
                   Index<&Note::article_pk, &Note::place>{.name = "article-place"});
};

inline void models(Registry& registry) {
  registry.add<Writer>();
  registry.add<Label>();
  registry.add<Article>();
  registry.add<Note>();
}

inline void register_admin() {
  auto& s = admin::site();
  s.add<Writer>({.list_display = {"name"}, .search_fields = {"name"}});
  s.add<Label>({.list_display = {"name"}, .search_fields = {"name"}});
  s.add<Article>({.list_display = {"title", "writer_pk", "published", "words", "created_at",
                                   admin::column<Article>("Size",
                                                          [](const Article& a) {
                                                            return std::to_string(a.body.size());
                                                          })},
                  .list_filter = {"published", "writer_pk", "created_at"},
                  .search_fields = {"title", "body"},
                  .list_editable = {"words"},
                  .list_per_page = 5,
                  .date_hierarchy = "created_at",
                  .prepopulated_fields = {{"slug", {"title"}}},
                  .filter_horizontal = {"labels"},
                  .inlines = {admin::inline_of<Note>()},
                  .actions = {admin::action<Article>("publish", "Publish",
                                                     [](Article& a) { a.published = true; })},
                  .save_as = true});
  s.add<Note>({.raw_id_fields = {"article_pk"}});
}

class AdminTest : public testing::Test {
 protected:
  AdminTest() {
    models(Registry::instance());
    ensure_tables();
    register_admin();
  }
  Article article(const std::string& title, const Writer& writer, bool published = true) {
    return Article::objects.create({.title = title,
                                    .slug = title,
                                    .body = "The body of " + title,
                                    .writer_pk = writer,
                                    .published = published});
  }
  static const admin::ModelAdmin& of(const std::string& path) { return *admin::site().find(path); }

  std::atomic<std::int64_t> clock_reads = 0;  // each is a tick after the one before
  std::chrono::microseconds tick = std::chrono::minutes(1);
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  ScopedConnection connection{
      *engine,
      {.scan_policy = ScanPolicy::forbid,
       .now = [this] { return *base::parse_iso("2026-11-22T10:00:00Z") + ++clock_reads * tick; },
       .sleep = [](auto) { std::this_thread::yield(); }}};
};

}  // namespace magazine
