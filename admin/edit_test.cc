// Edits: saved together with their log, merged with what others wrote, reverted.
#include "admin/row_edit.h"
#include "admin/test_models.h"
#include "admin/values.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/test_client.h"

namespace magazine {
namespace {

using admin::Edited;
using admin::EditInput;
using admin::LogEntry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

class EditTest : public AdminTest {
 protected:
  EditTest() {
    admin::models(Registry::instance());
    ensure_tables();
  }
  // A form of some fields of a row, as it is at this moment.
  static EditInput form_of(const Article& a, const std::map<std::string, std::string>& mine) {
    const ModelInfo& model = model_info<Article>();
    EditInput input;
    input.row.key = dynamodb::Item{{"pk", a.pk.str()}};
    for (const auto& [name, text] : mine) {
      const auto& field = model.field(name);
      input.row.fields.push_back({&field, name, admin::input_text(field, field.get(&a)), text});
    }
    return input;
  }
  Edited save(const EditInput& input) { return save_edit(of("magazine/article"), input, editor); }
  std::vector<LogEntry> history(const Article& a) {
    return admin::history_of(model_info<Article>(), {{"pk", a.pk.str()}}, {}).items;
  }

  const admin::Actor editor{"user-1", "Eve"};
  Writer ann = Writer::objects.create({.name = "Ann"});
  Article post = article("first", ann);
};

TEST_F(EditTest, Change_IsSavedWithItsLogEntry) {
  const Edited saved = save(form_of(post, {{"title", "Second"}, {"words", "7"}}));
  EXPECT_TRUE(saved.ok());
  EXPECT_TRUE(saved.changed);
  post.refresh();
  EXPECT_EQ(post.title, "Second");
  EXPECT_EQ(post.words, 7);
  const auto entries = history(post);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].verb, "change");
  EXPECT_EQ(entries[0].user_name, "Eve");
  ASSERT_EQ(changes_of(entries[0]).size(), 2u);
  EXPECT_EQ(changes_of(entries[0])[0].field, "title");
  EXPECT_EQ(changes_of(entries[0])[1].field, "words");
  EXPECT_EQ(changes_of(entries[0])[0].before, Value("first"));
  EXPECT_EQ(changes_of(entries[0])[0].after, Value("Second"));
  EXPECT_EQ(recent_entries(editor, 10).size(), 1u);
}

TEST_F(EditTest, NothingChanged_WritesNothing) {
  EXPECT_FALSE(save(form_of(post, {{"title", "first"}})).changed);
  EXPECT_THAT(history(post), IsEmpty());
}

TEST_F(EditTest, EditsOfDifferentFields_Merge) {
  const EditInput mine = form_of(post, {{"title", "Mine"}, {"body", post.body}});
  post.body = "Theirs";
  post.save();
  EXPECT_TRUE(save(mine).ok());
  post.refresh();
  EXPECT_EQ(post.title, "Mine");
  EXPECT_EQ(post.body, "Theirs");
}

TEST_F(EditTest, EditsOfOneField_AreAConflictThatShowsAllThree) {
  const EditInput mine = form_of(post, {{"title", "Mine"}, {"words", "3"}});
  post.title = "Theirs";
  post.save();
  const Edited refused = save(mine);
  ASSERT_EQ(refused.conflicts.size(), 1u);
  EXPECT_EQ(refused.conflicts[0].base, "first");
  EXPECT_EQ(refused.conflicts[0].theirs, "Theirs");
  EXPECT_EQ(refused.conflicts[0].mine, "Mine");
  post.refresh();
  EXPECT_EQ(post.title, "Theirs");
  EXPECT_EQ(post.words, 0);  // nothing of it was written
  EXPECT_THAT(history(post), IsEmpty());
}

TEST_F(EditTest, SameTextByBoth_IsNoConflict) {
  const EditInput mine = form_of(post, {{"title", "Same"}});
  post.title = "Same";
  post.save();
  EXPECT_TRUE(save(mine).ok());
}

// A browser may write an unchanged value in another way than it was shown.
TEST_F(EditTest, ValueThatWasOnlyWrittenOtherwise_IsNoEdit) {
  auto input = form_of(post, {{"words", "00"}, {"title", "Mine"}});
  Article theirs = Article::objects.get(post.pk);
  theirs.words = 7;
  theirs.save();
  EXPECT_THAT(save(input).conflicts, IsEmpty());
  post.refresh();
  EXPECT_EQ(post.title, "Mine");
  EXPECT_EQ(post.words, 7);
}

// What functions of pre_save make of a row is what its entry has: it could not be reverted else.
TEST_F(EditTest, Entry_HasWhatWasStored) {
  const auto hook = signals<Article>().pre_save.connect([](Article& a) { a.slug = a.title; });
  const ModelInfo& model = model_info<Article>();
  EXPECT_TRUE(save(form_of(post, {{"title", "Second"}})).ok());
  EXPECT_THAT(changes_of(history(post).at(0)), testing::SizeIs(2));
  EXPECT_TRUE(revert(model, history(post).at(0), editor));
  EXPECT_EQ(Article::objects.get(post.pk).slug, "first");
  change_row(model, {{"pk", post.pk.str()}}, editor,
             [](void* row) { static_cast<Article*>(row)->title = "Third"; });
  EXPECT_THAT(changes_of(history(post).at(0)), testing::SizeIs(2));
  EXPECT_TRUE(revert(model, history(post).at(0), editor));
  EXPECT_EQ(Article::objects.get(post.pk).title, "first");
}

TEST_F(EditTest, TypedTextOfOneLine_HasNoSpacesAroundIt) {
  EXPECT_TRUE(save(form_of(post, {{"title", " Second\t"}, {"body", " as typed "}})).ok());
  post.refresh();
  EXPECT_EQ(post.title, "Second");
  EXPECT_EQ(post.body, " as typed ");
  post.title = " Third ";  // by a program
  post.save();
  EXPECT_TRUE(save(form_of(post, {{"title", " Third "}, {"words", "7"}})).ok());
  post.refresh();
  EXPECT_EQ(post.title, " Third ");
}

// Browsers send every end of a line as CRLF.
TEST_F(EditTest, TextWithACarriageReturnAlone_IsEdited) {
  post.body = "one\rtwo";
  post.save();
  EXPECT_FALSE(save(form_of(post, {{"body", "one\r\ntwo"}})).changed);
  EXPECT_TRUE(save(form_of(post, {{"body", "one\r\ntwo\r\nthree"}})).ok());
  post.refresh();
  EXPECT_EQ(post.body, "one\ntwo\nthree");
}

TEST_F(EditTest, RowThatIsGone_IsSaidToBe) {
  const EditInput mine = form_of(post, {{"title", "Mine"}});
  post.remove();
  EXPECT_TRUE(save(mine).gone);
  EXPECT_FALSE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
}

TEST_F(EditTest, Mistakes_AreSaidOfTheirFieldsAllAtOnce) {
  const Edited refused =
      save(form_of(post, {{"title", ""}, {"words", "many"}, {"slug", "no slug"}}));
  EXPECT_THAT(refused.errors, ElementsAre(Key("slug"), Key("title"), Key("words")));
  const Edited duplicate = save_edit(
      of("magazine/writer"),
      {.row = {.fields = {{&model_info<Writer>().field("name"), "name", "", "Ann"}}}}, editor);
  ASSERT_THAT(duplicate.errors, ElementsAre(Key("name")));
  EXPECT_THAT(duplicate.errors.at("name")[0], HasSubstr("has this value already"));
}

TEST_F(EditTest, Inlines_AreWrittenInTheSameTransaction) {
  const ModelInfo& notes = model_info<Note>();
  const auto& in = of("magazine/article").options.inlines[0];
  const Note kept = Note::objects.create({.article_pk = post, .text = "kept"});
  const Note dropped = Note::objects.create({.article_pk = post, .text = "dropped"});
  const auto key = [](const Note& n) { return dynamodb::Item{{"pk", n.pk.str()}}; };
  EditInput input = form_of(post, {});
  input.inlines.push_back(
      {.of = &in,
       .rows = {{.key = key(kept),
                 .prefix = "note-0-",
                 .fields = {{&notes.field("text"), "note-0-text", "kept", "changed"}}},
                {.key = key(dropped), .prefix = "note-1-", .remove = true},
                {.prefix = "note-2-",
                 .fields = {{&notes.field("text"), "note-2-text", "", "new"},
                            {&notes.field("place"), "note-2-place", "", "4"}}}}});
  EXPECT_TRUE(save(input).ok());
  std::vector<std::string> texts;
  for (const Note& n : Note::objects.filter(f<&Note::article_pk> == post)) texts.push_back(n.text);
  EXPECT_THAT(texts, testing::UnorderedElementsAre("changed", "new"));

  input.inlines[0].rows = {{.prefix = "note-0-",
                            .fields = {{&notes.field("text"), "note-0-text", "", ""},
                                       {&notes.field("place"), "note-0-place", "", "x"}}}};
  input.row.fields.push_back(
      {&model_info<Article>().field("title"), "title", post.title, "Not saved"});
  const Edited refused = save(input);
  EXPECT_THAT(refused.errors, ElementsAre(Key("note-0-place"), Key("note-0-text")));
  post.refresh();
  EXPECT_EQ(post.title, "first");
}

TEST_F(EditTest, InlineRowOfAnotherParent_IsNotTouched) {
  const Article other = article("other", ann);
  const Note foreign = Note::objects.create({.article_pk = other, .text = "foreign"});
  const auto& in = of("magazine/article").options.inlines[0];
  EditInput input = form_of(post, {});
  input.inlines.push_back({.of = &in,
                           .rows = {{.key = dynamodb::Item{{"pk", foreign.pk.str()}},
                                     .prefix = "note-0-",
                                     .remove = true}}});
  save(input);
  EXPECT_TRUE(Note::objects.filter(f<&Note::pk> == foreign.pk).exists());
}

TEST_F(EditTest, FailureOfAnyWrite_ChangesNeitherTheRowNorItsLinks) {
  const Label red = Label::objects.create({.name = "red"}),
              blue = Label::objects.create({.name = "blue"});
  post.labels.add(red);
  const auto& many = model_info<Article>().field("labels");
  EditInput input = form_of(post, {{"title", "Second"}});
  input.links = {{&many, {red.pk}, {blue.pk}}};
  test_blog::RecordingClient failing(*engine);
  const ScopedConnection through(failing);
  const auto links = [&] { return admin::linked_keys(model_info<Article>(), many, post.pk); };
  for (int writes = 0;; ++writes) {
    ASSERT_LT(writes, 20);
    failing.writes_left = writes;
    bool saved = false;
    try {
      saved = save(input).ok();
    } catch (const DatabaseError&) {
    }
    failing.writes_left = -1;
    post.refresh();
    EXPECT_EQ(post.title, saved ? "Second" : "first") << writes;
    EXPECT_THAT(links(), ElementsAre(saved ? blue.pk : red.pk)) << writes;
    EXPECT_EQ(history(post).size(), saved ? 1u : 0u) << writes;
    if (saved) break;
  }
}

TEST_F(EditTest, LinksOfANewRow_AndMoreThanATransactionTakes) {
  std::vector<base::Uuid> labels;
  for (int i = 0; i < 120; ++i)
    labels.push_back(Label::objects.create({.name = "label " + std::to_string(i)}).pk);
  const auto& many = model_info<Article>().field("labels");
  const auto save_new = [&](const std::string& title, const std::vector<base::Uuid>& links) {
    EditInput input =
        form_of(post, {{"title", title}, {"slug", title}, {"writer_pk", ann.pk.str()}});
    input.row.key.reset();
    input.links = {{&many, {}, links}};
    const Edited saved = save(input);
    EXPECT_TRUE(saved.ok());
    const auto made = Article::objects.filter(f<&Article::slug> == title).get();
    EXPECT_EQ(history(made).size(), 1u);
    return admin::linked_keys(model_info<Article>(), many, made.pk).size();
  };
  EXPECT_EQ(save_new("few", {labels[0], labels[1]}), 2u);
  EXPECT_EQ(save_new("many", labels), 120u);
}

TEST_F(EditTest, Links_AreSetAndLogged) {
  const Label red = Label::objects.create({.name = "red"});
  const Label blue = Label::objects.create({.name = "blue"});
  const auto& many = model_info<Article>().field("labels");
  EditInput input = form_of(post, {});
  input.links = {{&many, {}, {red.pk}}};
  save(input);
  post.labels.add(blue);  // another, meanwhile
  input.links = {{&many, {red.pk}, {}}};
  save(input);
  EXPECT_THAT(admin::linked_keys(model_info<Article>(), many, post.pk), ElementsAre(blue.pk));
  EXPECT_EQ(changes_of(history(post).at(0)).at(0).field, "labels");
}

TEST_F(EditTest, RevertedLinks_LeaveWhatOthersHaveLinkedSince_AndAreLogged) {
  const ModelInfo& model = model_info<Article>();
  std::vector<base::Uuid> keys;
  for (const char* name : {"red", "blue", "green"})
    keys.push_back(Label::objects.create({.name = name}).pk);
  const base::Uuid red = keys[0], blue = keys[1], green = keys[2];
  const auto& many = model.field("labels");
  admin::set_linked_keys(model, many, post.pk, {red});
  EditInput input = form_of(post, {});
  input.links = {{&many, {red}, {blue}}};
  save(input);
  post.labels.add(Label::objects.get(green));  // another, since then
  const LogEntry entry = history(post).at(0);
  EXPECT_TRUE(revert(model, entry, editor));
  EXPECT_THAT(admin::linked_keys(model, many, post.pk), UnorderedElementsAre(red, green));
  ASSERT_EQ(history(post).size(), 2u);
  EXPECT_EQ(changes_of(history(post).at(0)).at(0).field, "labels");
  EXPECT_FALSE(revert(model, entry, editor)) << "nothing of it is left";
  EXPECT_EQ(history(post).size(), 2u);
}

TEST_F(EditTest, DeletedRow_IsLoggedAndRestored) {
  EXPECT_TRUE(delete_row(model_info<Article>(), {{"pk", post.pk.str()}}, editor));
  EXPECT_FALSE(Article::objects.filter(f<&Article::pk> == post.pk).exists());
  const auto entries = history(post);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].verb, "delete");
  restore_row(model_info<Article>(), entries[0], editor);
  const Article again = Article::objects.get(post.pk);
  EXPECT_EQ(again.title, "first");
  EXPECT_EQ(again.created_at, post.created_at);
  EXPECT_THROW(restore_row(model_info<Article>(), entries[0], editor), IntegrityError);
}

TEST_F(EditTest, G6_LogEntries_CannotBeChangedOrDeleted) {
  save(form_of(post, {{"title", "Second"}}));
  LogEntry entry = history(post).at(0);
  entry.user_name = "Somebody else";
  EXPECT_THROW(entry.save(), ModelError);
  EXPECT_THROW(entry.remove(), ModelError);
  EXPECT_THROW(LogEntry::objects.filter(f<&LogEntry::object> == entry.object).remove(), ModelError);
  EXPECT_EQ(history(post).at(0).user_name, "Eve");
}

}  // namespace
}  // namespace magazine
