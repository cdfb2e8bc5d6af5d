// Questions on a terminal, with a person's answers read from a text.
#include "dynamo_backend/migrations/questioner.h"

#include <sstream>

#include "dynamo_backend/migrations/test_states.h"

namespace dynamo_backend::migrations {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Asked : testing::Test {
  std::istringstream in;
  std::ostringstream out;
  Terminal terminal{in, out};
  const ModelState post_model = post();

  void type(const std::string& text) {
    in.str(text);
    in.clear();
    out.str("");
  }
  std::optional<Backfill> ask(const FieldState& f) {
    return terminal.backfill(post_model, f, "blog.Post.x is added and has no default");
  }
};

TEST_F(Asked, Rename_NeedsAYes) {
  const auto renamed = [&] {
    return terminal.renamed_field(post_model, field("title"), field("headline")) == true;
  };
  type("y\n");
  EXPECT_TRUE(renamed());
  EXPECT_EQ(out.str(), "Was blog.Post.title renamed to Post.headline (text)? [y/N] ");
  type("yes\n");
  EXPECT_TRUE(renamed());
  type("y\n");
  EXPECT_EQ(terminal.renamed_field(post_model, field("title"), field("rank", "integer")), true);
  EXPECT_THAT(out.str(), testing::HasSubstr("renamed to Post.rank (text to integer)?"));
  EXPECT_EQ(terminal.renamed_field(post_model, field("title"), field("raw", "binary")), false);
  for (const char* no : {"\n", "n\n", "no\n"}) {
    type(no);
    EXPECT_FALSE(renamed()) << no;
  }
  type("");  // Ctrl-D
  expect_error(renamed, "was not answered");
  type("what\n y \n");
  EXPECT_TRUE(renamed());  // asked again
  type("y\n");
  EXPECT_EQ(terminal.renamed_model(post_model, model("Article", {})), true);
  EXPECT_EQ(out.str(), "Was the model blog.Post renamed to Article? [y/N] ");
}

TEST_F(Asked, OptionsAnswerFirst) {
  terminal.add_rename("blog.Post.title:headline");
  terminal.add_default("blog.Post.x=7");
  type("");
  EXPECT_EQ(terminal.renamed_field(post_model, field("title"), field("headline")), true);
  // One was renamed to one.
  EXPECT_EQ(terminal.renamed_field(post_model, field("title"), field("name")), false);
  EXPECT_EQ(terminal.renamed_field(post_model, field("slug"), field("headline")), false);
  terminal.no_other_renames();
  EXPECT_EQ(terminal.renamed_field(post_model, field("slug"), field("name")), false);
  EXPECT_EQ(ask(field("x", "integer"))->value, Value(7));
  EXPECT_EQ(out.str(), "");
}

TEST_F(Asked, Default_IsJsonAFunctionNowOrSkip) {
  type("\"a text\"\n");
  EXPECT_EQ(ask(field("x"))->value, Value("a text"));
  EXPECT_THAT(out.str(), HasSubstr("blog.Post.x is added and has no default."));
  EXPECT_THAT(out.str(), Not(HasSubstr("now for")));
  type("@blog.fill\n");
  EXPECT_EQ(ask(field("x"))->function, "blog.fill");
  type("skip\n");
  EXPECT_TRUE(ask(field("x"))->empty());
  type("now\n");
  EXPECT_TRUE(base::parse_iso(ask(field("x", "datetime"))->value.as<std::string>()));
  EXPECT_THAT(out.str(), HasSubstr("now for"));
  for (const char* nothing : {"\n", ""}) {
    type(nothing);
    EXPECT_FALSE(ask(field("x"))) << nothing;
  }
}

TEST_F(Asked, BadAnswer_IsAskedForAgain) {
  type("a text\n\"12\"\n12\n");
  EXPECT_EQ(ask(field("x", "integer"))->value, Value(12));
  EXPECT_THAT(out.str(), HasSubstr("a text is no value for x: write JSON"));
  EXPECT_THAT(out.str(), HasSubstr("x must be a whole number"));
  type("@uuid4\n12\n");
  EXPECT_EQ(ask(field("x", "integer"))->value, Value(12));
  EXPECT_THAT(out.str(), HasSubstr("x must be no uuid4, a random UUID, which is no integer"));
}

TEST_F(Asked, Conversion_IsARowFunction) {
  type("blog.convert\n@blog.convert\n");
  EXPECT_EQ(terminal.conversion(post_model, field("x", "boolean"), field("x", "uuid")),
            "@blog.convert");
  EXPECT_THAT(out.str(), HasSubstr("blog.Post.x changes from boolean to uuid"));
  type("\n");
  EXPECT_EQ(terminal.conversion(post_model, field("x", "boolean"), field("x", "uuid")), "");
}

TEST(GivenAnswers, OptionsOfAnotherForm_AreRefused) {
  GivenAnswers answers;
  for (const char* bad : {"", "a", "a.B.c:", ":x"})
    expect_error([&] { answers.add_rename(bad); }, "app.Model.old_field:new_field");
  for (const char* bad : {"", "a.B.c", "=1"})
    expect_error([&] { answers.add_default(bad); }, "app.Model.field=value");
  expect_error([&] { answers.add_conversion("a.B.c=f"); }, "@app.function");
}

TEST(GivenAnswers, OptionsThatAnswerNothing_AreTold) {
  GivenAnswers answers;
  answers.add_rename("blog.Post.titel:headline");
  answers.add_default("blog.Post.x=1");
  answers.add_conversion("blog.Post.y=@f");
  EXPECT_EQ(answers.renamed_field(post(), field("title"), field("name")), std::nullopt);
  EXPECT_THAT(answers.unused(),
              testing::UnorderedElementsAre("--rename blog.Post.titel:headline",
                                            "--default blog.Post.x=1", "--convert blog.Post.y=@f"));
}

}  // namespace
}  // namespace dynamo_backend::migrations
