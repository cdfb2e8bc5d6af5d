#include "web/form_data.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/test_client.h"

using namespace web;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace {

constexpr char kType[] = "multipart/form-data; boundary=XX";

std::string part(const std::string& headers, const std::string& content) {
  return "--XX\r\n" + headers + "\r\n\r\n" + content + "\r\n";
}
std::string field(const std::string& name, const std::string& value) {
  return part("Content-Disposition: form-data; name=\"" + name + "\"", value);
}
std::string file(const std::string& name, const std::string& file_name, const std::string& value) {
  return part("Content-Disposition: form-data; name=\"" + name + "\"; filename=\"" + file_name +
                  "\"\r\nContent-Type: text/plain",
              value);
}
constexpr char kEnd[] = "--XX--\r\n";

// What the parser says of a form that it refuses.
std::string refusal(const std::string& body, const std::string& type = kType,
                    const FormLimits& limits = {}) {
  try {
    (void)(type.empty() ? parse_urlencoded(body, limits) : parse_multipart(body, type, limits));
  } catch (const HttpError& error) {
    EXPECT_EQ(error.status, 400);
    EXPECT_EQ(error.code, "malformed_form");
    return error.what();
  }
  return "accepted";
}

}  // namespace

// ---- urlencoded

TEST(UrlencodedForm, Fields_AreDecoded_InOrder) {
  const FormData data = parse_urlencoded("a=1&b=x+y%2B%26&a=2&empty=&bare&&%C3%A9=%E2%82%AC");
  EXPECT_THAT(data.fields(),
              ElementsAre(Pair("a", "1"), Pair("b", "x y+&"), Pair("a", "2"), Pair("empty", ""),
                          Pair("bare", ""), Pair("\xC3\xA9", "\xE2\x82\xAC")));
  EXPECT_EQ(data.get("a"), "1");
  EXPECT_THAT(data.get_all("a"), ElementsAre("1", "2"));
  EXPECT_EQ(data.get("missing"), std::nullopt);
  EXPECT_TRUE(data.has("bare"));
}

TEST(UrlencodedForm, H8_MalformedText_Is400) {
  for (const char* body : {"a=%", "a=%zz", "%ff=1", "a=%00", "a=\xff"})
    EXPECT_THAT(refusal(body, ""), HasSubstr("percent-encoded")) << body;
}

TEST(UrlencodedForm, H8_MoreThan1000Fields_Is400) {
  std::string body = "a=1";
  for (int i = 1; i < 1000; ++i) body += "&a=1";
  EXPECT_EQ(parse_urlencoded(body).fields().size(), 1000u);
  EXPECT_THAT(refusal(body + "&a=1", ""), HasSubstr("1000 fields"));
}

// ---- multipart

TEST(MultipartForm, FieldsAndFiles_AreRead) {
  const std::string body = "preamble\r\n" + field("title", "H\xC3\xA9llo\r\nworld") +
                           file("cover", "cat.png", std::string("\x89PNG\0\r\n--X", 10)) +
                           field("empty", "") + file("none", "", "") + kEnd + "epilogue";
  const FormData data = parse_multipart(body, kType);
  EXPECT_THAT(data.fields(),
              ElementsAre(Pair("title", "H\xC3\xA9llo\r\nworld"), Pair("empty", "")));
  ASSERT_EQ(data.all_files().size(), 1u);
  const UploadedFile* const cover = data.file("cover");
  ASSERT_NE(cover, nullptr);
  EXPECT_EQ(cover->client_name, "cat.png");
  EXPECT_EQ(cover->content_type, "text/plain");
  EXPECT_EQ(cover->content, std::string_view("\x89PNG\0\r\n--X", 10));
  EXPECT_EQ(data.file("none"), nullptr);
  EXPECT_EQ(parse_multipart(kEnd, kType).fields().size(), 0u);
}

TEST(MultipartForm, SeveralFilesOfOneName_AreAllThere) {
  const std::string body = file("f", "a", "1") + file("f", "b", "") + kEnd;
  const FormData data = parse_multipart(body, kType);
  ASSERT_EQ(data.files("f").size(), 2u);
  EXPECT_EQ(data.files("f")[1]->client_name, "b");
}

TEST(MultipartForm, ABoundaryThatGoesOn_IsContent) {
  const std::string body = field("a", "1\r\n--XXY\r\n--XX-\r\n--X") + kEnd;
  EXPECT_EQ(parse_multipart(body, kType).get("a"), "1\r\n--XXY\r\n--XX-\r\n--X");
  const std::string padded = "--XX \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--XX--";
  EXPECT_EQ(parse_multipart(padded, kType).get("a"), "1");
}

TEST(MultipartForm, Names_AreUnescaped_AsBrowsersAndCurlEscapeThem) {
  const std::string body = field("a%22b%0D%0A%41", "1") + field("q\\\"q\\\\", "2") + kEnd;
  EXPECT_THAT(parse_multipart(body, kType).fields(),
              ElementsAre(Pair("a\"b\r\n%41", "1"), Pair("q\"q\\", "2")));
}

TEST(MultipartForm, R3_ClientFileName_HasNoFolders) {
  for (const char* name : {"../../etc/passwd", "/etc/passwd", "C:\\\\x\\\\passwd", "C:\\x\\passwd",
                           "..\\passwd", "a/b\\passwd"}) {
    const std::string body = file("f", name, "x") + kEnd;
    EXPECT_EQ(parse_multipart(body, kType).file("f")->client_name, "passwd") << name;
  }
}

TEST(MultipartForm, H8_Boundary_IsCheckedAndAtMost70Long) {
  const std::string longest(70, 'b');
  const std::string body = "--" + longest + "--";
  const auto type = [](const std::string& b) { return "multipart/form-data; boundary=" + b; };
  EXPECT_EQ(refusal(body, type(longest)), "accepted");
  EXPECT_EQ(refusal(body, type('"' + longest + '"') + "; charset=utf-8"), "accepted");
  EXPECT_THAT(refusal(body, type(longest + "b")), HasSubstr("70 characters"));
  EXPECT_THAT(refusal(body, "multipart/form-data"), HasSubstr("no boundary"));
  EXPECT_THAT(refusal(body, type("")), HasSubstr("no boundary"));
  EXPECT_THAT(refusal(body, type("a") + "; boundary=b"), HasSubstr("two boundaries"));
  EXPECT_THAT(refusal(body, type("\"a{b\"")), HasSubstr("RFC 2046"));
  EXPECT_THAT(refusal(body, type("\"ab \"")), HasSubstr("RFC 2046"));
  EXPECT_THAT(refusal(body, type("\"ab")), HasSubstr("unended"));
}

TEST(MultipartForm, H8_PartHeaders_AreAtMost4KiB) {
  const std::string headers = "Content-Disposition: form-data; name=\"a\"\r\nX: ";
  const std::string fill(4096 - headers.size(), 'x');
  EXPECT_EQ(refusal(part(headers + fill, "1") + kEnd), "accepted");
  EXPECT_THAT(refusal(part(headers + fill + "x", "1") + kEnd), HasSubstr("4096 bytes"));
}

TEST(MultipartForm, H8_CountsAreLimited) {
  std::string fields, files;
  for (int i = 0; i < 1000; ++i) fields += field("a", "1");
  for (int i = 0; i < 100; ++i) files += file("f", "n", "1");
  EXPECT_EQ(refusal(fields + files + kEnd), "accepted");
  EXPECT_THAT(refusal(fields + field("a", "1") + kEnd), HasSubstr("1000 fields"));
  EXPECT_THAT(refusal(files + file("f", "n", "1") + kEnd), HasSubstr("100 files"));
  EXPECT_THAT(refusal(field("a", "12345") + field("b", "12345") + kEnd, kType, {.field_bytes = 11}),
              HasSubstr("11 bytes"));
}

TEST(MultipartForm, H8_MalformedBody_Is400) {
  const std::string disposition = "Content-Disposition: form-data; name=\"a\"";
  const std::pair<std::string, const char*> cases[] = {
      {"", "closing boundary"},
      {"--XX", "closing boundary"},
      {"--XX\r\n", "without an end of its headers"},
      {field("a", "1"), "closing boundary"},
      {field("a", "1") + "--YY--", "closing boundary"},
      {"--XX\n" + disposition + "\n\n1\n--XX--", "closing boundary"},
      {"--XX\r\n\r\n1\r\n--XX--", "without an end of its headers"},
      {"--XX\r\n" + disposition + "\r\n--XX--\r\n\r\n\r\n--XX--", "without an end of its headers"},
      {part("Content-Type: text/plain", "1") + kEnd, "without Content-Disposition"},
      {part("Content-Disposition: form-data", "1") + kEnd, "without a name"},
      {part("Content-Disposition: form-data; name=\"\"", "1") + kEnd, "without a name"},
      {part("Content-Disposition: attachment; name=\"a\"", "1") + kEnd, "not form-data"},
      {part(disposition + "; name=\"b\"", "1") + kEnd, "two names"},
      {part(disposition + "; filename=a; filename=b", "1") + kEnd, "two file names"},
      {part(disposition + "\r\n" + disposition, "1") + kEnd, "two Content-Disposition"},
      {part(disposition + "\r\n folded", "1") + kEnd, "malformed header"},
      {part(disposition + "x", "1") + kEnd, "does not separate"},
      {part("Content-Disposition: form-data; name=\"a", "1") + kEnd, "unended"},
      {part("Content-Disposition: form-data; name", "1") + kEnd, "malformed parameter"},
      {part("Content-Disposition : form-data; name=a", "1") + kEnd, "malformed header"},
      {part("Content-Disposition: form-data; name=\"\xff\"", "1") + kEnd, "line of UTF-8"},
      {field("a", "\xff") + kEnd, "not UTF-8"},
      {field("a", std::string("\0", 1)) + kEnd, "not UTF-8"},
  };
  for (const auto& [body, reason] : cases) EXPECT_THAT(refusal(body), HasSubstr(reason)) << body;
}

// ---- of a request

TEST(Form, OfARequest_IsParsedByItsType) {
  Application app({.debug = true});
  app.router().post("/", [](Request& request) {
    const FormData& data = form(request);
    EXPECT_EQ(&data, &form(request));
    return Response::text(std::string(data.get("a").value_or("none")));
  });
  TestClient client(app);
  EXPECT_EQ(client.post_form("/", {{"a", "x y"}}).body, "x y");
  const std::string multipart = field("a", "1") + kEnd;
  EXPECT_EQ(client.request("POST", "/", {.body = multipart, .content_type = kType}).body, "1");
  EXPECT_EQ(client.request("POST", "/", {}).body, "none");
  for (const char* type : {"", "text/plain", "application/json"})
    EXPECT_EQ(client.request("POST", "/", {.body = "a=1", .content_type = type}).status, 415);
  EXPECT_EQ(client
                .request("POST", "/",
                         {.body = "a=1",
                          .content_type = "application/x-www-form-urlencoded",
                          .headers = {{"Content-Encoding", "gzip"}}})
                .status,
            415);
  EXPECT_EQ(client
                .request("POST", "/",
                         {.body = "a=%", .content_type = "application/x-www-form-urlencoded"})
                .status,
            400);
}

TEST(Form, OfARouteThatTakesMoreFields) {
  Application app({.debug = true});
  const auto count = [](Request& request) {
    return Response::text(std::to_string(form(request).fields().size()));
  };
  app.router().post("/many/", count).field_limit(1500);
  app.router().post("/", count);
  TestClient client(app);
  const auto fields = [](std::size_t n) { return HeaderList(n, {"a", "1"}); };
  EXPECT_EQ(client.post_form("/many/", fields(1500)).body, "1500");
  EXPECT_EQ(client.post_form("/many/", fields(1501)).status, 400);
  EXPECT_EQ(client.post_form("/", fields(1001)).status, 400);
}

TEST(UploadedFile, R3_SaveTo_WritesItOnce_AndOverwritesNothing) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "uploaded_file_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const std::string path = folder / "x";
  const UploadedFile file{.content = std::string_view("a\0b", 3)};
  file.save_to(path);
  std::ifstream in(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), std::string_view("a\0b", 3));
  EXPECT_THROW(file.save_to(path), std::system_error);
  EXPECT_THROW(file.save_to(folder / "no" / "x"), std::system_error);
  std::filesystem::create_symlink(folder / "target", folder / "link");
  EXPECT_THROW(file.save_to(folder / "link"), std::system_error);
  EXPECT_FALSE(std::filesystem::exists(folder / "target"));
  std::filesystem::remove_all(folder);
}
