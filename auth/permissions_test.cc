#include "auth/permissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/test_auth.h"

namespace auth {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::Not;

struct Permissions : testing::Test, AuthDatabase {};

TEST_F(Permissions, FollowFromTheModels_AndRows) {
  EXPECT_EQ(permission<User>(Action::change), "auth.change_user");
  EXPECT_EQ(permission<SessionRow>(Action::remove), "auth.delete_sessionrow");
  Permission::objects.create({.codename = "blog.publish_post", .name = "Can publish posts"});
  const auto all = known_permissions(dynamo_backend::Registry::instance());
  EXPECT_THAT(all, Contains(Field(&KnownPermission::codename, "auth.add_group")));
  EXPECT_THAT(all, Contains(Field(&KnownPermission::name, "Can view user")));
  EXPECT_THAT(all, Contains(Field(&KnownPermission::name, "Can publish posts")));
  for (const auto& known : all) {
    EXPECT_TRUE(is_permission(known.codename)) << known.codename;
    EXPECT_EQ(known.codename.find("user_groups"), std::string::npos) << "a table of links";
  }
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto& a, const auto& b) { return a.codename < b.codename; }));
}

TEST_F(Permissions, AreTheUsersOwn_AndThoseOfGroups) {
  User alice = new_user("alice");
  EXPECT_FALSE(has_perm(alice, "blog.change_post"));
  alice.permissions = {"blog.add_post"};
  alice.save();
  const Group editors =
      Group::objects.create({.name = "editors", .permissions = {"blog.change_post"}});
  alice.groups.add(editors);
  EXPECT_TRUE(has_perm(alice, "blog.add_post"));
  EXPECT_TRUE(has_perm(alice, "blog.change_post"));
  EXPECT_FALSE(has_perm(alice, "blog.delete_post"));
  EXPECT_THAT(user_permissions(alice), ElementsAre("blog.add_post", "blog.change_post"));
  alice.groups.remove(editors);
  EXPECT_FALSE(has_perm(alice, "blog.change_post"));
}

TEST_F(Permissions, SuperuserHasAll_WhoIsNotActiveHasNone) {
  User root = create_superuser({.username = "root"}, kPassword);
  EXPECT_TRUE(has_perm(root, "blog.delete_post"));
  root.is_active = false;
  EXPECT_FALSE(has_perm(root, "blog.delete_post"));
  User staff = new_user("staff");
  staff.is_staff = true;
  EXPECT_FALSE(has_perm(staff, "blog.delete_post")) << "staff is no permission";
}

TEST_F(Permissions, Form_IsChecked) {
  for (const char* good : {"blog.add_post", "a.b", "blog2.publish"})
    EXPECT_TRUE(is_permission(good)) << good;
  for (const char* bad : {"", ".", "blog.", ".add_post", "add_post", "a.b.c", "a.b c", "a.b\n"})
    EXPECT_FALSE(is_permission(bad)) << bad;
  EXPECT_THROW(Permission::objects.create({.codename = "publish", .name = "x"}), ValidationError);
  EXPECT_THROW(Group::objects.create({.name = "g", .permissions = {"all"}}), ValidationError);
}

}  // namespace
}  // namespace auth
