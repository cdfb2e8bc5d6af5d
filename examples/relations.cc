// The lines of docs/topics/relations.md: relations forwards and backwards, conditions across them,
// prefetch(), and places inside JSON and list members.
#include <iostream>

#include "base/json.h"
#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"

// The page shows these lines; they are laid out for it.
// clang-format off
namespace blog {

using namespace dynamo_backend;

struct PostCategory;

struct Author : DynamoModel<Author> {
  std::string username{};
  static constexpr auto schema = define<Author>(CharField<&Author::username>{.unique = true});
};

struct Profile : DynamoModel<Profile> {
  Ref<Author> author_pk{};
  std::string website{};
  static constexpr auto schema = define<Profile>(
      OneToOneField<&Profile::author_pk>{.related_name = "profile"},
      URLField<&Profile::website>{.blank = true});
};

struct Tag : DynamoModel<Tag> {
  std::string name{};
  static constexpr auto schema = define<Tag>(CharField<&Tag::name>{.unique = true});
};

struct Category : DynamoModel<Category> {
  std::string name{};
  static constexpr auto schema = define<Category>(CharField<&Category::name>{.unique = true});
};

struct Post : DynamoModel<Post> {
  std::string title{};
  std::string slug{};
  Ref<Author> author_pk{};
  std::optional<Ref<Author>> editor_pk{};
  bool published = false;
  Many<Tag> labels{};
  Many<Category, PostCategory> categories{};

  static constexpr auto schema = define<Post>(
      ForeignKey<&Post::author_pk>{.on_delete = OnDelete::cascade, .related_name = "posts"},
      ForeignKey<&Post::editor_pk>{.on_delete = OnDelete::set_null, .related_name = "edited"},
      ManyToManyField<&Post::labels>{.related_name = "posts"},          // Many<Tag>: the join table is made
      ManyToManyField<&Post::categories>{.related_name = "posts"},      // Many<Category, PostCategory>: a model of yours joins
      CharField<&Post::title>{}, SlugField<&Post::slug>{.index = true}, BooleanField<&Post::published>{});
};

struct PostCategory : DynamoModel<PostCategory> {
  Ref<Post> post_pk{};
  Ref<Category> category_pk{};
  std::int64_t order = 0;
  static constexpr auto schema = define<PostCategory>(
      ForeignKey<&PostCategory::post_pk>{}, ForeignKey<&PostCategory::category_pk>{}, IntegerField<&PostCategory::order>{});
};

struct Comment : DynamoModel<Comment> {
  Ref<Post> post_pk{};
  std::string body{};
  static constexpr auto schema = define<Comment>(
      ForeignKey<&Comment::post_pk>{.related_name = "comments"}, TextField<&Comment::body>{});
};

struct Document : DynamoModel<Document> {
  Json meta{};
  std::vector<std::string> tags{};
  static constexpr auto schema = define<Document>(JSONField<&Document::meta>{}, ListField<&Document::tags>{});
};

bool relate(const Author& alice, const Author& bob) {
  Profile::objects.create({.author_pk = alice, .website = "https://alice.example/"});
  auto post = Post::objects.create({.title = "Moved", .slug = "moved", .author_pk = bob, .editor_pk = bob, .published = true});
  const auto p = Post::objects.create({.title = "P", .slug = "p", .author_pk = bob});
  const auto q = Post::objects.create({.title = "Q", .slug = "q", .author_pk = bob, .published = true});
  const auto cpp = Tag::objects.create({.name = "c++"}), web = Tag::objects.create({.name = "web"});
  const auto& tag = cpp;
  const auto news = Category::objects.create({.name = "news"});

  auto posts = alice.related<&Post::author_pk>();         // a queryset, and a manager
  posts.create({.title = "Hello", .slug = "hello"});      // points to alice
  posts.add(post);                                        // points a row to alice and saves it
  posts.get_or_create(f<&Post::slug> == "hello");
  bob.related<&Post::editor_pk>().remove(post);           // an optional key: it points to nobody after it
  bob.related<&Post::editor_pk>().set({p, q});            // also clear()
  auto site = alice.related_one<&Profile::author_pk>().website;  // or throws Profile::DoesNotExist; try_related_one() is optional

  post.labels.add(cpp, web);   post.labels.set({cpp, web});   post.labels.clear();   post.labels.create({.name = "new"});
  tag.related<&Post::labels>().add(post);                 // the same link from its other side
  post.categories.add(news, {.order = 3});                // with members of the join model

  Comment::objects.create({.post_pk = post, .body = "Indeed."});
  return posts.count() == 2 && bob.related<&Post::editor_pk>().count() == 2 && post.labels.all().count() == 2 &&
         site == "https://alice.example/";
}

bool ask() {
  auto hers = Post::objects.filter(f<&Post::author_pk, &Author::username> == "alice");                   // forwards
  auto publishing = Author::objects.filter(has<&Post::author_pk>(f<&Post::published> == true));          // backwards
  auto silent = Author::objects.filter(!has<&Post::author_pk>());                                        // without posts
  auto tagged = Post::objects.filter(has<&Post::labels>(f<&Tag::name> == "c++"));                        // through links
  auto third = Post::objects.filter(has<&PostCategory::post_pk>(f<&PostCategory::order> == 3));          // on members of links

  auto experts = Author::objects.filter({{"posts__published", true}, {"posts__labels__name", "c++"}});
  auto idle = Author::objects.filter({{"posts__isnull", true}});
  auto listed = Post::objects.filter({{"postcategory__order__gte", 1}});  // without a related_name: the model's name in lower case

  return hers.count() == 2 && publishing.count() == 2 && silent.get().username == "carol" &&
         tagged.get().title == "Moved" && third.count() == 1 && experts.get().username == "alice" &&
         idle.count() == 1 && listed.count() == 1;
}

bool fetch() {
  for (const Post& p : Post::objects.limit(50).prefetch("author_pk", "labels", "comments"))
    std::cout << p.title << " by " << p.author_pk->username << ", " << p.labels.all().count() << " labels\n";

  auto authors = Author::objects.prefetch("profile", "posts__labels");
  auto posts = Post::objects.prefetch<&Post::author_pk, &Post::labels, &Comment::post_pk>();  // typed, forwards and backwards

  std::size_t comments = 0;
  for (const Post& p : posts) comments += p.related<&Comment::post_pk>().count();
  return authors.count() == 3 && comments == 1;
}

bool reach_inside() {
  const Json meta{{"seo", {{"title", "old"}, {"rank", 4}}}, {"list", {1, 2}}, {"flag", true}};
  const auto document = Document::objects.create({.meta = meta, .tags = {"a", "b"}});
  const auto rows = Document::objects.filter(f<&Document::pk> == document.pk);

  rows.update(f<&Document::meta>["seo"]["title"] = "new",
              f<&Document::meta>["views"] = f<&Document::meta>["views"] + 1,      // from 0 where there is none
              f<&Document::meta>["list"].append(9),
              f<&Document::meta>["lang"].if_not_exists("en"),
              f<&Document::meta>["flag"].remove(),
              f<&Document::tags>[0] = "first");
  auto high = Document::objects.filter(f<&Document::meta>["seo"]["rank"] > 3);
  auto both = Document::objects.filter({{"meta__seo__rank__gt", 3}, {"tags__0", "first"}});

  const Json expected{{"lang", "en"}, {"list", {1, 2, 9}}, {"seo", {{"rank", 4}, {"title", "new"}}}, {"views", 1}};
  return high.count() == 1 && both.get().meta == expected;
}

}  // namespace blog
// clang-format on

int main() {
  using namespace blog;
  const auto engine = dynamodb::local::Engine::open({});
  const ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
  Registry registry;
  registry.add<Author>();
  registry.add<Profile>();
  registry.add<Tag>();
  registry.add<Category>();
  registry.add<Post>();
  registry.add<PostCategory>();
  registry.add<Comment>();
  registry.add<Document>();
  ensure_tables(registry);
  const auto alice = Author::objects.create({.username = "alice"});
  const auto bob = Author::objects.create({.username = "bob"});
  Author::objects.create({.username = "carol"});
  return relate(alice, bob) && ask() && fetch() && reach_inside() ? 0 : 1;
}
