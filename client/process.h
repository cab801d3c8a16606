// What the process is to the system.
#pragma once

namespace chancery::client {

// No core dumps, not traceable by others of the same user: keys of persons and anchors pass through this memory.
void keep_memory_private();

}  // namespace chancery::client
