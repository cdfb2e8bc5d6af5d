// Any table in pages: its items, a Query or Scan with its price, PartiQL; and the log, which is not
// written that way.
#include "admin/auth_admin.h"
#include "admin/bulk_job.h"
#include "admin/table_query.h"
#include "admin/test_pages.h"
#include "base/base64.h"
#include "dynamo_backend/transaction.h"

namespace magazine {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(PagesTest, Tables_AreShown_QueriedWithTheirPrice_AndEditedWithoutLoss) {
  engine
      ->create_table({.name = "loose",
                      .key = {.partition = {"id", dynamodb::Type::S},
                              .sort = dynamodb::KeyAttribute{"at", dynamodb::Type::N}}})
      .value();
  const dynamodb::Item item{
      {"id", "a"},
      {"at", dynamodb::Number::parse("12345678901234567890123456789012345678").value()},
      {"set", dynamodb::StringSet::make({"x", "y"})},
      {"bytes", dynamodb::Binary{std::string("\0\1", 2)}}};
  engine->put_item({.table = "loose", .item = item}).value();
  Browser browser = boss();
  EXPECT_THAT(browser.get("/admin/tables/").body, HasSubstr("loose"));
  const auto planned = browser.get("/admin/tables/loose/?partition=a&limit=10&do=plan");
  EXPECT_THAT(planned.body, AllOf(HasSubstr("Query on loose where id = "), HasSubstr("RCU"),
                                  Not(HasSubstr("Open this item"))));
  const auto found = browser.get("/admin/tables/loose/?partition=a&sort_op=%3E&sort=5&do=run");
  EXPECT_THAT(found.body, AllOf(HasSubstr("12345678901234567890123456789012345678"),
                                HasSubstr("Open this item")));
  EXPECT_THAT(browser.get("/admin/tables/loose/?do=plan").body, HasSubstr("Scan of loose"));
  EXPECT_EQ(browser.get("/admin/tables/loose/?partition=a&sort=x&do=plan").status, 400);
  // What the database refuses is the form's fault.
  for (const char* refused : {"filter=x&filter_op=begins_with&filter_type=N&filter_value=1",
                              "filter=x&filter_op=%3C&filter_type=BOOL&filter_value=true",
                              "partition=a&filter=id&filter_op=%3D&filter_type=S&filter_value=a",
                              "partition=a&sort_op=between&sort=9&sort_high=1"})
    EXPECT_EQ(browser.get(std::string("/admin/tables/loose/?do=run&") + refused).status, 400)
        << refused;
  EXPECT_EQ(
      browser
          .post("/admin/tables/loose/item/", {{"delete", "1"}, {"base", R"({"at": {"N": "1"}})"}})
          .status,
      400);
  EXPECT_EQ(browser.get("/admin/tables/nothing/").status, 404);

  const std::size_t at = found.body.find("/admin/tables/loose/item/?key=");
  const std::string url = found.body.substr(at, found.body.find('"', at) - at);
  auto form = Browser::inputs(browser.get(url).body);
  std::string text;
  for (const auto& [name, value] : form)
    if (name == "item") text = value;
  Browser::set(form, "item", "{\"more\": {\"N\": \"1\"}," + text.substr(1));
  EXPECT_EQ(browser.post("/admin/tables/loose/item/", form).status, 303);
  auto expected = item;
  expected.emplace("more", 1);
  const dynamodb::Item key{{"id", item.at("id")}, {"at", item.at("at")}};
  const auto stored = [&] {
    return dynamodb::unpack(
        engine->get_item({.table = "loose", .key = key, .consistent_read = true})
            .value()
            .item->view());
  };
  EXPECT_EQ(stored(), expected);
  EXPECT_EQ(browser.post("/admin/tables/loose/item/", form).status, 409);  // the base is stale
  EXPECT_EQ(stored(), expected);
  const auto answer = browser.post("/admin/tables/partiql/",
                                   {{"statement", "SELECT * FROM \"loose\" WHERE id = 'a'"}});
  EXPECT_THAT(answer.body, HasSubstr("1 items"));
}

class ItemPageTest : public PagesTest {
 protected:
  ItemPageTest() {
    engine->create_table({.name = "loose", .key = {.partition = {"id", dynamodb::Type::S}}})
        .value();
  }
  // As two people open it at once.
  Browser::Fields opened(const dynamodb::Item& item) {
    engine->put_item({.table = "loose", .item = item}).value();
    const std::string key =
        base::base64url_encode(dynamodb::PackedItem({{"id", item.at("id")}}).bytes());
    return Browser::inputs(browser.get(url + "?key=" + key).body);
  }
  int send(Browser::Fields form, const dynamodb::Item& item) {
    const dynamodb::PackedItem packed(item);
    Browser::set(form, "item", admin::item_text(packed.view()));
    return browser.post(url, form).status;
  }
  int remove(const Browser::Fields& form) {
    Browser::Fields fields = form;
    fields.emplace_back("delete", "1");
    return browser.post(url, fields).status;
  }
  std::optional<dynamodb::Item> stored() {
    const auto got =
        engine->get_item({.table = "loose", .key = {{"id", "a"}}, .consistent_read = true}).value();
    return got.item ? std::optional(dynamodb::unpack(got.item->view())) : std::nullopt;
  }
  static dynamodb::Item with(dynamodb::Item item, const std::string& name,
                             dynamodb::AttributeValue value) {
    item.insert_or_assign(name, std::move(value));
    return item;
  }
  Browser browser = boss();
  const std::string url = "/admin/tables/loose/item/";
};

TEST_F(ItemPageTest, Edit_KeepsWhatOthersWroteToOtherAttributes) {
  const dynamodb::Item item{{"id", "a"}, {"mine", 1}, {"dropped", 1}};
  const auto form = opened(item);
  EXPECT_EQ(send(form, with(item, "added_by_other", 2)), 303);
  dynamodb::Item mine = with(item, "mine", 3);
  mine.erase("dropped");
  EXPECT_EQ(send(form, mine), 303);
  EXPECT_EQ(stored(), (dynamodb::Item{{"id", "a"}, {"mine", 3}, {"added_by_other", 2}}));
  EXPECT_EQ(send(form, with(item, "mine", 4)), 409);  // changed since
  EXPECT_EQ(send(form, with(item, "added_by_other", 4)), 409);
  EXPECT_EQ(remove(form), 409);
  EXPECT_EQ(stored(), (dynamodb::Item{{"id", "a"}, {"mine", 3}, {"added_by_other", 2}}));
}

TEST_F(ItemPageTest, ItemThatIsGone_IsNotMadeAgain) {
  const dynamodb::Item item{{"id", "a"}, {"mine", 1}};
  const auto form = opened(item);
  EXPECT_EQ(remove(form), 303);
  EXPECT_EQ(send(form, with(item, "more", 3)), 409);
  EXPECT_EQ(remove(form), 409);
  EXPECT_EQ(stored(), std::nullopt);
}

TEST_F(ItemPageTest, ItemOfManyAttributes_IsChangedAndDeleted) {
  dynamodb::Item item{{"id", "a"}};
  for (int i = 0; i < 320; ++i) item.emplace("n" + std::to_string(1000 + i), i);
  auto form = opened(item);
  const dynamodb::Item changed = with(item, "n1319", 7);
  EXPECT_EQ(send(form, changed), 303);
  EXPECT_EQ(stored(), changed);
  EXPECT_EQ(remove(form), 409);  // the last attribute is another by now
  EXPECT_EQ(remove(opened(changed)), 303);
  EXPECT_EQ(stored(), std::nullopt);
}

TEST_F(PagesTest, Z1_Tables_AreForSuperusers) {
  make_user("staff", {"magazine.change_article"});
  Browser staff = browser_of("staff");
  staff.get("/admin/");
  for (const char* path :
       {"/admin/tables/", "/admin/tables/partiql/", "/admin/tables/magazine_article/",
        "/admin/tables/magazine_article/item/"})
    EXPECT_EQ(staff.get(path).status, 403) << path;
  EXPECT_EQ(staff.post("/admin/tables/partiql/", {{"statement", "SELECT * FROM magazine_article"}})
                .status,
            403);
  EXPECT_EQ(staff.post("/admin/tables/magazine_article/item/", {{"item", "{}"}}).status, 403);
}

TEST_F(PagesTest, G6_TheLogsTable_IsNotWrittenPastItsModel) {
  Browser browser = boss();
  browser.get("/admin/");
  for (const char* name :
       {"admin_logentry", "arn:aws:dynamodb:eu-central-1:1:table%2Fadmin_logentry"}) {
    const std::string url = "/admin/tables/" + std::string(name) + "/item/";
    EXPECT_EQ(browser.post(url, {{"item", "{}"}}).status, 403) << name;
    EXPECT_EQ(browser.post(url, {{"delete", "1"}, {"base", "{}"}}).status, 403) << name;
  }
  EXPECT_EQ(browser
                .post("/admin/tables/partiql/",
                      {{"statement", "DELETE FROM admin_logentry WHERE object='a' AND id='b'"}})
                .status,
            403);
}

TEST_F(PagesTest, G6_TheLogsRows_AreNeitherChangedNorDeletedOnTheirPages) {
  admin::register_auth();
  Browser browser = boss();
  auto form = Browser::inputs(browser.get(post_url + "change/").body);
  Browser::set(form, "title", "Second");
  EXPECT_EQ(browser.post(post_url + "change/", form).status, 303);
  admin::LogEntry entry =
      admin::history_of(model_info<Article>(), {{"pk", post.pk.str()}}, {}).items.at(0);
  const std::string list = "/admin/admin/logentry/";
  const std::string page = browser.get(list).body;
  const std::size_t at = page.find(list, page.find("class=\"row\"") - 400);
  const std::string row = page.substr(at, page.find('"', at) - at),
                    url = row.substr(0, row.rfind("change/"));
  EXPECT_EQ(browser.get(row).status, 200) << row;
  EXPECT_EQ(browser.post(url + "change/", {{"text", "forged"}, {"base:text", "Second"}}).status,
            403);
  EXPECT_EQ(browser.post(url + "delete/", {}).status, 403);
  EXPECT_EQ(browser.post(list + "add/", {{"text", "forged"}}).status, 403);
  EXPECT_EQ(browser.post(list + "import/", {{"format", "csv"}, {"text", "text\r\nx"}}).status, 403);
  EXPECT_EQ(browser.post(list, {{"action", "delete_selected"}, {"all", "1"}, {"run", "1"}}).status,
            403);
  EXPECT_EQ(admin::LogEntry::objects.count(), 1u);
  // Nor by the models.
  EXPECT_THROW(entry.remove(), ModelError);
  EXPECT_THROW(
      admin::LogEntry::objects.filter(f<&admin::LogEntry::object> == entry.object).remove(),
      ModelError);
  const auto of_it = admin::LogEntry::objects.filter(f<&admin::LogEntry::object> == entry.object &&
                                                     f<&admin::LogEntry::id> == entry.id);
  EXPECT_THROW(of_it.update(f<& admin::LogEntry::text> = "forged"), ModelError);
  EXPECT_THROW(of_it.update_returning(f<& admin::LogEntry::text> = "forged"), ModelError);
  EXPECT_THROW(
      transaction([&](Transaction& t) { t.update(of_it, f<& admin::LogEntry::text> = "forged"); }),
      ModelError);
  entry.text = "forged";
  EXPECT_THROW(entry.save(), ModelError);
}

}  // namespace
}  // namespace magazine
