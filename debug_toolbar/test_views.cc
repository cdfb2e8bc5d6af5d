#include "debug_toolbar/test_views.h"

#include "base/json.h"
#include "dynamo_backend/models.h"
#include "dynamo_backend/tables.h"

namespace debug_test {

using namespace dynamo_backend;

struct Thing : DynamoModel<Thing> {
  std::string kind{};
  std::string note{};
  std::string api_token{};
  static constexpr auto schema =
      define<Thing>(CharField<&Thing::kind>{.index = true}, CharField<&Thing::note>{.blank = true},
                    CharField<&Thing::api_token>{.blank = true});
};

web::Response page(std::size_t count) {
  return web::Response::html("<!doctype html><html lang=\"en\"><body><p>" + std::to_string(count) +
                             "</p></body></html>");
}

web::Response things(web::Request&) {
  std::size_t count = 0;
  for (const Thing& thing : Thing::objects.filter(f<&Thing::kind> == "rare"))
    count += thing.kind.size();
  return page(count);
}

web::Response api_things(web::Request&) {
  return web::Response::json(
      {{"things", Thing::objects.filter(f<&Thing::kind> == "rare").count()}});
}

web::Response secret(web::Request&) {
  Thing::objects.create({.kind = "rare", .api_token = "hunter2"});
  return page(1);
}

web::Response scan(web::Request&) {
  const auto found = Thing::objects.filter(f<&Thing::note> == "x").first();
  return page(found ? 1 : 0);
}

web::Response filter(web::Request&) {
  std::size_t count = 0;
  for (const Thing& thing :
       Thing::objects.filter(f<&Thing::kind> == "common" && f<&Thing::note> == "7"))
    count += thing.note.size();
  return page(count);
}

web::Response again(web::Request&) {
  const auto thing = Thing::objects.filter(f<&Thing::kind> == "rare").first();
  for (int i = 0; i < 2; ++i)
    (void)Thing::objects.filter(f<&Thing::pk> == thing->pk).consistent().get();
  return page(2);
}

web::Response rows(web::Request&) {
  std::vector<Uuid> keys;
  for (const Thing& thing : Thing::objects.filter(f<&Thing::kind> == "common"))
    keys.push_back(thing.pk);
  for (const Uuid& key : keys) (void)Thing::objects.get(key);
  return page(keys.size());
}

// Each piece reads.
web::Response stream(web::Request&) {
  web::Response response = web::Response::text("");
  response.more = [left = 3](std::string& piece) mutable {
    piece = std::to_string(Thing::objects.filter(f<&Thing::note> == "x").count());
    return --left > 0;
  };
  return response;
}

web::Response error(web::Request&) {
  Thing thing = Thing::objects.create({.kind = "short"});
  Thing same = thing;
  same.remove();
  thing.note = "late";
  try {
    thing.save();
  } catch (const ModelError&) {
    return page(0);
  }
  return page(1);
}

}  // namespace debug_test

namespace test_views {

Database::Database()
    : engine_(dynamodb::local::Engine::open({})),
      connection_(std::make_unique<dynamo_backend::ScopedConnection>(*engine_)) {
  dynamo_backend::Registry::instance().add<debug_test::Thing>();
  dynamo_backend::ensure_tables();
  for (int i = 0; i < 60; ++i)
    debug_test::Thing::objects.create({.kind = "common", .note = std::to_string(i)});
  debug_test::Thing::objects.create({.kind = "rare"});
}

void urls(web::Router& r) {
  r.get("/things/", debug_test::things);
  r.get("/api/things/", debug_test::api_things);
  r.get("/secret/", debug_test::secret);
  r.get("/scan/", debug_test::scan);
  r.get("/filter/", debug_test::filter);
  r.get("/again/", debug_test::again);
  r.get("/rows/", debug_test::rows);
  r.get("/stream/", debug_test::stream);
  r.get("/error/", debug_test::error);
}

}  // namespace test_views
