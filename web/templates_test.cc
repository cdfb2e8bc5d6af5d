#include "web/templates.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/temporary_folder.h"
#include "web/test_client.h"

namespace web {
namespace {

using testing::HasSubstr;

using Files = std::vector<EmbeddedTemplate>;

Templates::Resolvers resolvers() {
  return {.static_url = [](std::string_view path) { return "/static/" + std::string(path); },
          .url = [](std::string_view route) -> std::string {
            if (route != "home") throw std::invalid_argument("there is no route named \"x\"");
            return "/";
          }};
}

std::string render(const Files& files, const Context& context = Context()) {
  Templates templates(resolvers(), /*live=*/false);
  templates.add({.files = files});
  return templates.render("a.html", context);
}

std::string render(std::string_view text, const Context& context = Context()) {
  return render(Files{{"a.html", text}}, context);
}

// What loading complains of.
std::string problem(const Files& files) {
  try {
    render(files);
    return "none";
  } catch (const TemplateError& error) {
    return error.what();
  }
}
std::string problem(std::string_view text) { return problem(Files{{"a.html", text}}); }

// ---- Composition

TEST(Templates, ChildsBlocks_ReplaceThoseOfItsLayout) {
  EXPECT_EQ(render({{"base.html",
                     "<h1>{% block title %}Site{% endblock %}</h1>"
                     "{% block body %}{% block inner %}-{% endblock %}{% endblock %}"},
                    {"mid.html", "{% extends \"base.html\" %}\n{% block inner %}mid{% endblock %}"},
                    {"a.html",
                     "{% extends 'mid.html' %}\n"
                     "{% block title %}A, {% super %}{% endblock title %}\n"}}),
            "<h1>A, Site</h1>mid");
}

TEST(Templates, Super_GoesUpTheWholeChain) {
  EXPECT_EQ(
      render({{"base.html", "{% block x %}1{% endblock %}"},
              {"mid.html", "{% extends \"base.html\" %}{% block x %}{% super %}2{% endblock %}"},
              {"a.html", "{% extends \"mid.html\" %}{% block x %}{% super %}3{% endblock %}"}}),
      "123");
}

TEST(Templates, Include_SeesTheVariablesOfItsPlace) {
  Context context;
  context.set("name", "page");
  context.add("rows").set("name", "one");
  context.add("rows");
  EXPECT_EQ(render({{"a.html", "{{#rows}}{% include \"row.html\" %}{{/rows}}"},
                    {"row.html", "[{{name}}]"}},
                   context),
            "[one][page]");
}

TEST(Templates, Tags_AreResolvedAtLoad) {
  EXPECT_EQ(
      render(
          "{# a {{comment}} #}<a href=\"{% url \"home\" %}\"><img src=\"{% static 'a.svg' %}\">"),
      "<a href=\"/\"><img src=\"/static/a.svg\">");
}

TEST(Templates, FirstFolder_Wins) {
  Templates templates(resolvers(), false);
  templates.add({.files = {{"base.html", "ours"}}});
  templates.add({.files = {{"base.html", "theirs {% block x %}{% endblock %}"}}});
  templates.add(
      {.prefix = "auth/", .files = {{"login.html", "login {% include \"base.html\" %}"}}});
  EXPECT_EQ(templates.render("auth/login.html", Context()), "login ours");
  EXPECT_THAT(templates.names(), testing::ElementsAre("auth/login.html", "base.html"));
}

TEST(Templates, Mistakes_NameFileAndLine) {
  EXPECT_EQ(problem("\n{% extend \"b\" %}").substr(0, 32), "a.html:2: unknown tag {% extend ");
  EXPECT_EQ(problem("{% include \"b.html\" %}"), "a.html:1: there is no template \"b.html\"");
  EXPECT_EQ(problem({{"a.html", "\n{% include \"b.html\" %}"}, {"b.html", "x\n\n<p {{y}}>"}}),
            "b.html:3: {{y}} cannot stand in the tag <p>: no escaping makes it safe there");
  EXPECT_EQ(problem({{"b.html", "{% block x %}{% endblock %}"},
                     {"a.html",
                      "{% extends \"b.html\" %}\n\n{% block x %}\n<b class={{y}}>{% endblock %}"}}),
            "a.html:4: {{y}} in a value without quotes: write class=\"{{y}}\"");
  EXPECT_EQ(problem("{% static \"a.css\" %}{% url \"x\" %}"),
            "a.html:1: there is no route named \"x\"");
  EXPECT_THAT(problem("a\n{% block x %}"), HasSubstr("a.html:2: {% block x %} has no"));
  EXPECT_THAT(problem("a\n\n{% endblock %}"), HasSubstr("a.html:3: {% endblock %} without"));
  EXPECT_THAT(problem("a\n{{b"), HasSubstr("a.html:2: \"{{\" is not closed"));
  EXPECT_THAT(problem("a\n{% super %}"), HasSubstr("a.html:2: {% super %} outside"));
  EXPECT_THAT(problem("a{% extends \"a.html\" %}"), HasSubstr("must be the first"));
  EXPECT_THAT(problem("{% block x %}{% super %}{% endblock %}"), HasSubstr("no other template"));
  EXPECT_THAT(problem("{% block x %}{% endblock %}\n{% block x %}{% endblock %}"),
              HasSubstr("a.html:2: the block x is here twice, first in line 1"));
  EXPECT_THAT(problem({{"b.html", ""}, {"a.html", "{% extends \"b.html\" %}\nlost"}}),
              HasSubstr("nothing is shown"));
  EXPECT_THAT(problem("{% include \"a.html\" %}"), HasSubstr("includes itself"));
  EXPECT_THAT(problem("{% extends \"a.html\" %}"), HasSubstr("extends itself"));
  EXPECT_THAT(problem("{% include \"../secret\" %}"), HasSubstr("no template"));
}

TEST(Templates, Load_ListsEveryMistakeOnce) {
  Templates templates(resolvers(), false);
  templates.add({.files = {{"base.html", "<p {{x}}>"},
                           {"a.html", "{% extends \"base.html\" %}"},
                           {"b.html", "{% x %}"}}});
  try {
    templates.load();
    FAIL();
  } catch (const TemplateError& error) {
    const std::string what = error.what();
    EXPECT_EQ(std::count(what.begin(), what.end(), '\n'), 1) << what;
    EXPECT_THAT(what, testing::AllOf(HasSubstr("base.html:1"), HasSubstr("b.html:1")));
  }
}

// ---- Escaping

TEST(Templates, O1_Text_IsEscaped) {
  Context context;
  context.set("x", "<b>&\"'</b>");
  EXPECT_EQ(render("<p>{{x}}</p>", context), "<p>&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;</p>");
  EXPECT_EQ(render("<p title=\"{{x}}\" class='a {{x}}'>", context),
            "<p title=\"&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;\" "
            "class='a &lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;'>");
  EXPECT_EQ(render("<title>{{x}}</title>", context),
            "<title>&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;</title>");
}

TEST(Templates, O1_Data_CannotEndItsScript) {
  Context context;
  context.set_json("x", base::Json{{"a", "</script><!-- & \xE2\x80\xA8\xE2\x80\xA9"}, {"n", 1}});
  context.set("text", "</script>\"");
  context.set("n", 7);
  EXPECT_EQ(
      render("<script type=\"application/json\">{{x}},{{text}},{{n}}</script><p>{{n}}", context),
      "<script type=\"application/json\">{\"a\":\"\\u003c/script\\u003e\\u003c!-- \\u0026 "
      "\\u2028\\u2029\",\"n\":1},\"\\u003c/script\\u003e\\\"\",7</script><p>7");
}

TEST(Templates, O1_UnsafePlaces_AreErrorsAtLoad) {
  for (const char* text : {"<p class={{x}}>",
                           "<p class=a{{x}}>",
                           "<p {{x}}>",
                           "<p {{x}}=\"a\">",
                           "<p a{{x}}=\"a\">",
                           "<{{x}}>",
                           "</{{x}}>",
                           "<p{{x}}>",
                           "<p style=\"color:{{x}}\">",
                           "<p onclick=\"f({{x}})\">",
                           "<p ONCLICK='{{x}}'>",
                           "<script src=\"/a.js\">{{x}}</script>",
                           "<script>var a = {{x}}</script>",
                           "<style>p { color: {{x}} }</style>",
                           "<!-- {{x}} -->",
                           "<!doctype {{x}}>",
                           "<img srcset=\"{{x}}\">",
                           "<iframe srcdoc=\"{{x}}\">",
                           "<a href=\"javascript:{{x}}\">",
                           "<a href=\"java{{#y}}{{/y}}script:{{x}}\">",
                           "<a href=\"{{x}}:{{y}}\">",
                           "<a href=\"{{#y}}/a{{/y}}{{x}}\">",
                           "<p class=\"{{x}}\"{{y}}>"}) {
    EXPECT_THAT(problem(text), HasSubstr("a.html:1: ")) << text;
  }
}

TEST(Templates, O1_WhatATemplateWouldChoose_IsAnError) {
  for (const char* text : {"{{x:none}}", "{{x:h}}", "{{%AUTOESCAPE context=\"MANUAL\"}}",
                           "{{>other}}", "{{! comment }}", "{{=<% %>=}}", "{{}}", "{{ x }}"}) {
    EXPECT_THAT(problem(text), HasSubstr("a.html:1: ")) << text;
  }
}

TEST(Templates, O1_Sections_EndInThePlaceWhereTheyBegin) {
  for (const char* text :
       {"{{#a}}<p title=\"{{/a}}\">", "<p {{#a}}title=\"{{/a}}\">", "{{#a}}<!--{{/a}}-->",
        "<p title=\"{{#a}}\"{{/a}}>", "{{#a}}x", "x{{/a}}", "{{#a}}{{#b}}{{/a}}{{/b}}",
        "<p {{#a}}x{{/a}}y>", "<p x={{#a}}1{{/a}}>", "<p title=\"x", "<p"}) {
    EXPECT_THAT(problem(text), HasSubstr("a.html:")) << text;
  }
  Context context;
  context.show("on");
  EXPECT_EQ(render("<option value=\"1\"{{#on}} selected{{/on}}><p class=\"a{{#on}} b{{/on}}\">"
                   "<input {{#on}}checked{{/on}} {{#off}}disabled{{/off}}>",
                   context),
            "<option value=\"1\" selected><p class=\"a b\"><input checked >");
}

TEST(Templates, O2_UrlAttributes_TakeSafeUrlsOnly) {
  const auto link = [](std::string_view url) {
    Context context;
    context.set("x", url);
    return render("<a href=\"{{x}}\">", context);
  };
  EXPECT_EQ(link("https://example.com/?a=1&b=2"), "<a href=\"https://example.com/?a=1&amp;b=2\">");
  EXPECT_EQ(link("mailto:a@example.com"), "<a href=\"mailto:a@example.com\">");
  EXPECT_EQ(link("/post/x/"), "<a href=\"/post/x/\">");
  EXPECT_EQ(link(""), "<a href=\"\">");
  for (const char* url : {"javascript:alert(1)", "JaVa\tScript:alert(1)", "data:text/html,x",
                          "vbscript:x", "//evil", " \x01javascript:x", "/\\evil"}) {
    EXPECT_EQ(link(url), "<a href=\"#\">") << url;
  }
}

TEST(Templates, O2_EveryUrlAttribute_IsOne) {
  Context context;
  context.set("x", "javascript:alert(1)");
  for (const char* name : {"href", "src", "action", "formaction", "poster", "cite", "data",
                           "background", "xlink:href", "HREF"}) {
    EXPECT_EQ(render("<p " + std::string(name) + "=\"{{x}}\">", context),
              "<p " + std::string(name) + "=\"#\">");
  }
}

TEST(Templates, O2_PartsOfAUrl_ArePercentEncoded) {
  Context context;
  context.set("x", "/evil?a&b=c:d");
  context.set("start", "/list/");
  EXPECT_EQ(
      render("<a href=\"/{{x}}\"><a href=\"?q={{x}}\"><a href=\"{{start}}?q={{x}}\">", context),
      "<a href=\"/%2Fevil%3Fa%26b%3Dc%3Ad\"><a href=\"?q=%2Fevil%3Fa%26b%3Dc%3Ad\">"
      "<a href=\"/list/?q=%2Fevil%3Fa%26b%3Dc%3Ad\">");
}

TEST(Templates, O2_LiteralUrls_AreHeldToTheRule) {
  EXPECT_THAT(problem("<a href=\"javascript:void(0)\">"), HasSubstr("neither http"));
  EXPECT_THAT(problem("<script src=\"//cdn.example/x.js\"></script>"), HasSubstr("neither http"));
  EXPECT_EQ(problem("<img src=\"data:image/gif;base64,R0\"><a href=\"#top\">"), "none");
}

TEST(Templates, O3_Markup_IsMarkupBetweenTagsOnly) {
  Context context;
  context.set("x", SafeHtml("<b>\"</b>"));
  EXPECT_EQ(render("<p title=\"{{x}}\">{{x}}</p><textarea>{{x}}</textarea>", context),
            "<p title=\"&lt;b&gt;&quot;&lt;/b&gt;\"><b>\"</b></p>"
            "<textarea>&lt;b&gt;&quot;&lt;/b&gt;</textarea>");
  EXPECT_EQ(render("<script type=\"application/json\">{{x}}</script>", context),
            "<script type=\"application/json\">\"\\u003cb\\u003e\\\"\\u003c/b\\u003e\"</script>");
}

TEST(Templates, O3_NoText_PassesForMarkup) {
  for (const char* text : {"M<b>", "J<b>", "<b>"}) {
    Context context;
    context.set("x", text);
    EXPECT_THAT(render("{{x}}", context), HasSubstr("&lt;b&gt;")) << text;
  }
}

TEST(Templates, O5_WhatAValueHolds_IsNeverATemplate) {
  Context context;
  context.set("x", "{{y}}{% include \"b.html\" %}");
  context.set("y", "secret");
  EXPECT_EQ(render("{{x}}", context), "{{y}}{% include &quot;b.html&quot; %}");
}

TEST(Templates, T3_CodeAndStylesInThePage_AreErrorsAtLoad) {
  EXPECT_THAT(problem("<script>f()</script>"), HasSubstr("static file"));
  EXPECT_THAT(problem("<style>p{}</style>"), HasSubstr("static file"));
  EXPECT_THAT(problem("<p style=\"color: red\">"), HasSubstr("class"));
  EXPECT_THAT(problem("<p onload=\"f()\">"), HasSubstr("script file"));
  EXPECT_EQ(
      problem("<script src=\"/a.js\" defer></script><script type=\"application/json\">{}</script>"),
      "none");
}

TEST(Templates, Sections_ShowWhatIsThere) {
  Context context;
  context.set("author", "Ann").show("can_edit").show("other", false);
  for (const int n : {1, 2}) {
    Context row = context.add("rows");
    row.set("n", n);
    if (n == 2) row.add("tags").set("tag", "x");
  }
  EXPECT_EQ(render("{{#can_edit}}edit{{/can_edit}}{{#other}}no{{/other}}"
                   "{{#rows}}{{n}}{{author}}{{#tags}}{{tag}}{{/tags}};{{/rows}}{{missing}}",
                   context),
            "edit1Ann;2Annx;");
}

// ---- Live reload, the application

void write(const std::string& path, std::string_view text) {
  const bool existed = std::filesystem::exists(path);
  const auto before =
      existed ? std::filesystem::last_write_time(path) : std::filesystem::file_time_type();
  std::ofstream(path) << text;
  // Two writes may fall into one tick of the file system's clock.
  if (existed) std::filesystem::last_write_time(path, before + std::chrono::seconds(1));
}

TEST(Templates, Live_ReadsChangedFilesAgain) {
  const tests::TemporaryFolder ours;
  const tests::TemporaryFolder theirs;
  write(theirs.path() + "/base.html", "one");
  write(theirs.path() + "/a.html", "{% include \"base.html\" %}");
  Templates templates(resolvers(), /*live=*/true);
  templates.add({.source = ours.path()});
  templates.add({.source = theirs.path(), .files = {{"a.html", "embedded"}}});
  EXPECT_EQ(templates.render("a.html", Context()), "one");
  write(theirs.path() + "/base.html", "two");
  EXPECT_EQ(templates.render("a.html", Context()), "two");
  write(ours.path() + "/base.html", "three");  // a file that was not there
  EXPECT_EQ(templates.render("a.html", Context()), "three");
  write(ours.path() + "/base.html", "<p {{x}}>");
  EXPECT_THROW(templates.render("a.html", Context()), TemplateError);
}

TEST(Templates, NotLive_ReadsWhatIsEmbedded) {
  const tests::TemporaryFolder folder;
  write(folder.path() + "/a.html", "disk");
  Templates templates(resolvers(), /*live=*/false);
  templates.add({.source = folder.path(), .files = {{"a.html", "embedded"}}});
  EXPECT_EQ(templates.render("a.html", Context()), "embedded");
}

TEST(Templates, Render_FillsInWhatProcessorsKnow_AndTheViewHasTheLastWord) {
  Application app({.debug = true});
  app.templates().add({.files = {{"a.html", "{{user}} {{title}}{{#rows}}{{user}}{{/rows}}"}}});
  app.add_context_processor([](Request& request, Context& context) {
    context.set("user", request.path()).set("title", "Default");
    if (context.wants("csrf_token")) ADD_FAILURE() << "no one asks for it";
    EXPECT_TRUE(context.wants("rows"));
  });
  app.router().get("/x/", [](Request& request) {
    Context context;
    context.set("title", "<Own>");
    context.add("rows");
    return web::render(request, "a.html", context, 404);
  });
  const TestResponse response = TestClient(app).get("/x/");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "/x/ &lt;Own&gt;/x/");
  EXPECT_EQ(response.header("Content-Type"), "text/html; charset=utf-8");
}

TEST(Templates, Url_IsARouteOfTheApplication_AndMistakesStopTheServer) {
  Application app({.debug = true});
  app.router().get(
      "/home/", [](Request&) { return Response::empty(); }, "home");
  app.templates().add({.files = {{"a.html", "<a href=\"{% url \"home\" %}\">"}}});
  EXPECT_EQ(app.templates().render("a.html", Context()), "<a href=\"/home/\">");
  app.server_options();
  app.templates().add({.files = {{"b.html", "{% url \"gone\" %}"}}});
  EXPECT_THROW(app.server_options(), TemplateError);
}

}  // namespace
}  // namespace web
