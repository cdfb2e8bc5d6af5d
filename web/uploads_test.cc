#include "web/uploads.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "web/content_disposition.h"
#include "web/http_error.h"

using namespace web;
using namespace std::string_view_literals;
using testing::HasSubstr;

namespace {

struct UploadsTest : testing::Test {
  ~UploadsTest() override { std::filesystem::remove_all(folder); }
  std::size_t kept() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  static UploadedFile file(std::string name, std::string_view content) {
    return {.field = "f",
            .client_name = std::move(name),
            .content_type = "image/png",
            .content = content};
  }
  const std::string folder = testing::TempDir() + "uploads_test." + std::to_string(::getpid());
  Uploads uploads{{.folder = folder,
                   .extensions = {"png", "jpg", "gif", "webp", "pdf", "txt", "zip"},
                   .max_bytes = 100}};
};

constexpr std::string_view kPng = "\x89PNG\r\n\x1A\n\0\0"sv;

}  // namespace

TEST_F(UploadsTest, R3_File_IsKeptUnderAGeneratedName) {
  const Upload first = uploads.add(file("../../etc/Cat.PNG", kPng));
  const Upload second = uploads.add(file("../../etc/Cat.PNG", kPng));
  EXPECT_EQ(first.name.size(), 36u);
  EXPECT_THAT(first.name, testing::EndsWith(".png"));
  EXPECT_EQ(first.content_type, "image/png");
  EXPECT_NE(first.name, second.name);
  EXPECT_EQ(kept(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folder + "/" + first.name));
}

TEST_F(UploadsTest, R3_Type_IsThatOfExtensionAndBytesTogether) {
  EXPECT_EQ(uploads.problem(file("a.png", kPng)), "");
  EXPECT_EQ(uploads.problem(file("a.jpg", "\xFF\xD8\xFF\xE0")), "");
  EXPECT_EQ(uploads.problem(file("a.gif", "GIF89a")), "");
  EXPECT_EQ(uploads.problem(file("a.webp", "RIFF\1\0\0\0WEBP"sv)), "");
  EXPECT_EQ(uploads.problem(file("a.pdf", "%PDF-1.7")), "");
  EXPECT_EQ(uploads.problem(file("a.zip", "PK\3\4")), "");
  EXPECT_EQ(uploads.problem(file("a.txt", "caf\xC3\xA9")), "");
  for (const auto& [name, content] :
       std::initializer_list<std::pair<const char*, std::string_view>>{
           {"a.png", "<script>alert(1)</script>"},
           {"a.png", "\xFF\xD8\xFF"},
           {"a.webp", "RIFF\1\0\0\0WAVE"sv},
           {"a.webp", "RIFF"},
           {"a.txt", "a\0b"sv},
           {"a.txt", "\xFF"}})
    EXPECT_THAT(uploads.problem(file(name, content)), HasSubstr("not what its name says")) << name;
  for (const char* name : {"a.html", "a.svg", "a.php", "a", "", ".png.exe", "a.png ", "a.png."})
    EXPECT_THAT(uploads.problem(file(name, kPng)), HasSubstr("one of these types")) << name;
}

TEST_F(UploadsTest, R3_Size_IsLimited) {
  EXPECT_EQ(uploads.problem(file("a.txt", std::string(100, 'x'))), "");
  EXPECT_THAT(uploads.problem(file("a.txt", std::string(101, 'x'))), HasSubstr("at most 100"));
  EXPECT_EQ(uploads.problem(file("a.txt", "")), "The file is empty.");
  EXPECT_THROW(uploads.add(file("a.txt", "")), HttpError);
  EXPECT_EQ(kept(), 0u);
}

TEST_F(UploadsTest, R3_ServedFile_IsAnAttachment_InASandbox) {
  const Upload upload = uploads.add(file("a.txt", "<script>"));
  const Response response = uploads.serve(upload.name, "my notes.txt");
  EXPECT_EQ(response.body, "<script>");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.headers.get("Content-Disposition"), "attachment; filename=\"my notes.txt\"");
  EXPECT_THAT(std::string(*response.headers.get("Content-Security-Policy")), HasSubstr("sandbox"));
  EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff");
}

TEST_F(UploadsTest, R3_OnlyGeneratedNames_AreServed) {
  const Upload upload = uploads.add(file("a.txt", "x"));
  const std::string digits(32, 'a');
  for (const std::string& name :
       {std::string(), std::string("../") + upload.name, "/" + upload.name, upload.name + "/",
        digits + ".txt", digits + ".html", digits + "./../" + upload.name,
        std::string(32, '.') + ".txt", upload.name.substr(1), upload.name + std::string(1, '\0')}) {
    EXPECT_THROW((void)uploads.serve(name), HttpError) << name;
    EXPECT_FALSE(uploads.remove(name)) << name;
  }
  EXPECT_TRUE(uploads.remove(upload.name));
  EXPECT_FALSE(uploads.remove(upload.name));
  EXPECT_EQ(kept(), 0u);
}

TEST(Uploads, R3_MarkupCannotBeAllowed) {
  for (const char* extension : {"html", "svg", "js", "xml", ""})
    EXPECT_THROW(Uploads({.folder = testing::TempDir(), .extensions = {extension}}),
                 std::invalid_argument);
}

TEST(ContentDisposition, H9_AnyName_MakesOneSafeValue) {
  EXPECT_EQ(attachment("posts 2026.csv"), "attachment; filename=\"posts 2026.csv\"");
  EXPECT_EQ(attachment("na\xC3\xAFve.txt"),
            "attachment; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt");
  EXPECT_EQ(attachment("../../etc/passwd"), "attachment; filename=\"passwd\"");
  EXPECT_EQ(attachment("C:\\x\\a.txt"), "attachment; filename=\"a.txt\"");
  EXPECT_EQ(attachment("a\r\nSet-Cookie: b=\"c\";d"),
            "attachment; filename=\"a__Set-Cookie_ b=_c__d\"");
  for (const char* name : {"", "..", "/", "\xFF"})
    EXPECT_EQ(attachment(name), "attachment; filename=\"download\"");
  EXPECT_LE(attachment(std::string(5000, 'x')).size(), 230u);
  EXPECT_EQ(attachment(std::string(199, 'x') + "\xC3\xA9"),
            "attachment; filename=\"" + std::string(199, 'x') + "\"");
}
