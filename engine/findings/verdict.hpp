#pragma once
/// A comparison in plain language.

#include <string>
#include <vector>

#include "engine/findings/comparison.hpp"

namespace gradrace {

/// Sentences, for people, that claim no more than the runs show: that somebody is ahead is said only where the paired
/// test, corrected for all pairs, finds less than five percent of chance for it in at least three seeds. What diverged,
/// was interrupted or never got there is named.
std::vector<std::string> verdict(const Comparison& comparison);

}  // namespace gradrace
