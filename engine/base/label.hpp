#pragma once
/// Labels: what users call optimizers and layers. They name files and tensors.

#include <set>
#include <string>

namespace gradrace {

/// Throws usage_error unless there are at most 64 letters, digits, '.', '_' and '-', and no '.' or '-' in front.
void check_label(const std::string& label);

/// `name`, or name-2, name-3, ... where that is taken; takes it.
std::string free_label(const std::string& name, std::set<std::string>& taken);

}  // namespace gradrace
