// Numbers of revisions.
#pragma once
#include "demo_app/models.h"

namespace demo_app {

// Makes the post's text the first revision where it has none yet: call it before the text changes.
void keep_first_text(const Post& post);

// Saves a new revision of the post under the next number. The number is part of the row's key, so
// that of two writers one gets it and the other tries the next.
void add_revision(const Post& post, PostRevision& revision);

}  // namespace demo_app
