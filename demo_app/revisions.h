// Numbers of revisions.
#pragma once
#include "demo_app/models.h"

namespace demo_app {

// Saves a new revision of the post under the next number. The number is part of the row's key, so
// that of two writers one gets it and the other tries the next.
void add_revision(const Post& post, PostRevision& revision);

}  // namespace demo_app
