#pragma once
/// A profile as text for people.

#include <string>

#include "engine/profile/profile.hpp"

namespace gradrace {

/// A table of costs for each optimizer, and one for all of them at the network's size.
std::string profile_tables(const Profile& profile);

}  // namespace gradrace
