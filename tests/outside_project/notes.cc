// A project that has DDBDjango installed: one model, one view, no file of the source tree.
#include <iostream>

#include "base/json_writer.h"
#include "dynamo_backend/models.h"
#include "dynamodb/local/engine.h"
#include "web/test_client.h"

namespace notes {

struct Note : dynamo_backend::DynamoModel<Note> {
  std::string title{};
  std::int64_t stars = 0;

  static constexpr auto schema = dynamo_backend::define<Note>(
      dynamo_backend::CharField<&Note::title>{.max_length = 80, .index = true},
      dynamo_backend::IntegerField<&Note::stars>{});
};

web::Response detail(web::Request&, base::Uuid pk) {
  base::JsonWriter out;
  Note::objects.get(pk).write_json(out);
  return web::Response::json(std::move(out));
}

}  // namespace notes

int main() {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  dynamo_backend::ensure_table<notes::Note>();
  const auto note = notes::Note::objects.create({.title = "installed", .stars = 5});
  web::Application application({.debug = true});
  application.router().get("/notes/<uuid:pk>/", notes::detail, "note");
  const auto answer = web::TestClient(application).get("/notes/" + note.pk.str() + "/");
  std::cout << answer.status << ' ' << answer.body << '\n';
  return answer.status == 200 && answer.body.find("installed") != std::string::npos ? 0 : 1;
}
