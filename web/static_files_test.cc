#include "web/static_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <brotli/decode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/gzip.h"
#include "tests/temporary_folder.h"
#include "web/content_coding.h"
#include "web/test_client.h"

namespace web {
namespace test_files {
web::TemplateFolder templates();
web::StaticFolder static_files();
}  // namespace test_files

namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string on_disk(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream("web/test_files/static/" + name, std::ios::binary).rdbuf();
  return text.str();
}

std::string unbrotli(const std::string& packed) {
  std::string out(100'000, '\0');
  std::size_t size = out.size();
  EXPECT_EQ(
      BrotliDecoderDecompress(packed.size(), reinterpret_cast<const std::uint8_t*>(packed.data()),
                              &size, reinterpret_cast<std::uint8_t*>(out.data())),
      BROTLI_DECODER_RESULT_SUCCESS);
  out.resize(size);
  return out;
}

class Embedded : public testing::Test {
 protected:
  Embedded() : app({.allowed_hosts = {"localhost"}}), client(app) {
    app.add_static(test_files::static_files());
  }
  Application app;
  TestClient client;
};

TEST_F(Embedded, T4_HashedNames_AreImmutable_PlainOnesAreAskedForAgain) {
  const std::string url = app.static_files().url("css/site.css");
  EXPECT_THAT(url, testing::MatchesRegex("/static/css/site\\.[0-9a-f]{12}\\.css"));
  const TestResponse hashed = client.get(url);
  EXPECT_EQ(hashed.status, 200);
  EXPECT_EQ(hashed.body, on_disk("css/site.css"));
  EXPECT_EQ(hashed.header("Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(hashed.header("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(hashed.header("X-Content-Type-Options"), "nosniff");
  const TestResponse plain = client.get("/static/css/site.css");
  EXPECT_EQ(plain.body, hashed.body);
  EXPECT_EQ(plain.header("Cache-Control"), "no-cache");
}

TEST_F(Embedded, Compressed_WasDoneWhenItWasBuilt) {
  const std::string text = on_disk("css/site.css");
  const TestResponse br =
      client.get("/static/css/site.css", {{"Accept-Encoding", "gzip, deflate, br"}});
  EXPECT_EQ(br.header("Content-Encoding"), "br");
  EXPECT_EQ(br.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(unbrotli(br.body), text);
  const TestResponse gz = client.get("/static/css/site.css", {{"Accept-Encoding", "gzip, br;q=0"}});
  EXPECT_EQ(gz.header("Content-Encoding"), "gzip");
  EXPECT_EQ(net::decompress(gz.body, 100'000), text);
  EXPECT_EQ(client.get("/static/css/site.css").header("Content-Encoding"), "");
}

TEST_F(Embedded, Binary_IsKeptByteByByte) {
  const TestResponse response =
      client.get("/static/img/dot.gif", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(response.body, on_disk("img/dot.gif"));
  EXPECT_EQ(response.header("Content-Type"), "image/gif");
  EXPECT_EQ(response.header("Content-Encoding"), "");
}

TEST_F(Embedded, KnownTag_Is304) {
  const std::string tag = client.get("/static/css/site.css").header("ETag");
  EXPECT_THAT(tag, StartsWith("W/\""));
  for (const std::string& sent : {tag, "\"x\", " + tag, std::string("*")}) {
    const TestResponse response = client.get("/static/css/site.css", {{"If-None-Match", sent}});
    EXPECT_EQ(response.status, 304) << sent;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.header("ETag"), tag);
  }
  EXPECT_EQ(client.get("/static/css/site.css", {{"If-None-Match", "\"x\""}}).status, 200);
  EXPECT_EQ(client.get("/static/css/site.css", {{"If-None-Match", "\"x\""}, {"if-none-match", tag}})
                .status,
            304);
}

TEST_F(Embedded, TemplatesAndTheirFiles_FitTogether) {
  app.templates().add(test_files::templates());
  app.templates().load();
  Context context;
  context.set("text", "<x>");
  EXPECT_EQ(app.templates().render("pages/a.html", context),
            "<!doctype html>\n<title>\"Site\"? \\o/</title>\n<link rel=\"stylesheet\" href=\"" +
                app.static_files().url("css/site.css") + "\">\n<p>&lt;x&gt; \xC3\xA4</p>\n");
}

TEST_F(Embedded, UnknownFile_IsAMistakeAtLoad_And404WhenAskedFor) {
  EXPECT_THROW(app.static_files().url("css/none.css"), std::invalid_argument);
  EXPECT_EQ(client.get("/static/css/none.css").status, 404);
  EXPECT_EQ(client.get("/static/css/").status, 404);
}

TEST(StaticFiles, FirstFolder_Wins) {
  StaticFiles files(false);
  files.add({.prefix = "a/", .files = {{"x.css", "111111111111", "one", "", ""}}});
  files.add({.files = {{"a/x.css", "222222222222", "two", "", ""}}});
  EXPECT_EQ(files.url("a/x.css"), "/static/a/x.111111111111.css");
}

TEST(StaticFiles, R2_TypesThatAreNotKnown_AreRefused) {
  StaticFiles files(false);
  EXPECT_THROW(files.add({.files = {{"x.html", "1", "<script>", "", ""}}}), std::invalid_argument);
  EXPECT_THROW(files.add({.files = {{"x.sh", "1", "", "", ""}}}), std::invalid_argument);
}

// What must not be reached stands beside the served folder, and inside it under hidden names.
class Live : public testing::Test {
 protected:
  Live() : app({.debug = true}), client(app) {
    namespace fs = std::filesystem;
    fs::create_directories(folder.path() + "/static/css/.git");
    write("secret.css", "SECRET");
    write("static/css/site.css", "one");
    write("static/.hidden.css", "SECRET");
    write("static/css/.git/config.css", "SECRET");
    write("static/page.html", "SECRET");
    fs::create_symlink("../secret.css", folder.path() + "/static/out.css");
    fs::create_symlink(folder.path(), folder.path() + "/static/up");
    fs::create_symlink("css/site.css", folder.path() + "/static/inside.css");
    app.add_static({.source = folder.path() + "/static"});
  }
  void write(const std::string& name, std::string_view text) {
    std::ofstream(folder.path() + "/" + name) << text;
  }
  const tests::TemporaryFolder folder;
  Application app;
  TestClient client;
};

TEST_F(Live, ReadsFromDisk_UnderPlainNames) {
  EXPECT_EQ(app.static_files().url("css/site.css"), "/static/css/site.css");
  const TestResponse first = client.get("/static/css/site.css");
  EXPECT_EQ(first.body, "one");
  EXPECT_EQ(first.header("Cache-Control"), "no-cache");
  write("static/css/site.css", "two");
  const TestResponse second =
      client.get("/static/css/site.css", {{"If-None-Match", first.header("ETag")}});
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.body, "two");
  EXPECT_EQ(client.get("/static/inside.css").body, "two");
}

TEST_F(Live, R2_NothingOutsideTheFolder_IsServed) {
  for (const char* path : {"/static/../secret.css",
                           "/static/css/../../secret.css",
                           "/static/..%2fsecret.css",
                           "/static/%2e%2e/secret.css",
                           "/static/%2e%2e%2fsecret.css",
                           "/static/..;/secret.css",
                           "/static/%252e%252e/secret.css",
                           "/static/..%252fsecret.css",
                           "/static/....//secret.css",
                           "/static//secret.css",
                           "/static/css//site.css",
                           "/static/./css/site.css",
                           "/static/..%5csecret.css",
                           "/static/..\\secret.css",
                           "/static/out.css",
                           "/static/up/secret.css",
                           "/static/.hidden.css",
                           "/static/css/.git/config.css",
                           "/static/%2ehidden.css",
                           "/static/page.html",
                           "/static/css",
                           "/static/css/",
                           "/static/%2fetc%2fpasswd",
                           "/static//etc/passwd",
                           "/static/css/site.css%00.png",
                           "/static/css/site.css/",
                           "/static/%c0%ae%c0%ae/secret.css"}) {
    const TestResponse response = client.get(path);
    EXPECT_TRUE(response.status == 404 || response.status == 400) << path << response.status;
    EXPECT_THAT(response.body, testing::Not(HasSubstr("SECRET"))) << path;
  }
  for (const std::string& name : {folder.path() + "/secret.css", std::string("../secret.css")})
    EXPECT_THROW(app.static_files().url(name), std::invalid_argument) << name;
}

TEST(ContentCoding, TakesWhatTheClientTakes) {
  EXPECT_EQ(choose_coding(""), ContentCoding::identity);
  EXPECT_EQ(choose_coding("gzip;q=0.5, BR ;q=1.0"), ContentCoding::brotli);
  EXPECT_EQ(choose_coding("br; q=0.000, gzip"), ContentCoding::gzip);
  EXPECT_EQ(choose_coding("*"), ContentCoding::brotli);
  EXPECT_EQ(choose_coding("*;q=0, gzip"), ContentCoding::gzip);
  EXPECT_EQ(choose_coding("deflate, identity"), ContentCoding::identity);
  EXPECT_EQ(choose_coding("gzip;q=0"), ContentCoding::identity);
}

}  // namespace
}  // namespace web
