#pragma once
/// Names to factories. A layer or an optimizer registers itself in its own file, so adding one touches no other file.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/options.hpp"

namespace gradrace {

template <class Product>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Product>(Options&)>;

  static Registry& instance() {
    static Registry registry;
    return registry;
  }

  /// A static object of this type at namespace scope registers `Type` (constructible from Options&) under a name.
  template <class Type>
  struct Entry {
    explicit Entry(const std::string& name) {
      instance().factories_[name] = [](Options& options) { return std::make_unique<Type>(options); };
    }
  };

  /// Makes the product that `name` stands for; throws usage_error for unknown names, keys and values, which names the
  /// product. `options` knows every option's resolved value afterwards.
  std::unique_ptr<Product> make(const std::string& name, Options& options) const {
    const auto it = factories_.find(name);
    if (it == factories_.end())
      throw usage_error("unknown {} '{}'; there are: {}", Product::kKind, name, fmt::join(names(), ", "));
    try {
      std::unique_ptr<Product> product = it->second(options);
      options.expect_no_others();
      return product;
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", name, error.what()));
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& [name, factory] : factories_) list.push_back(name);
    return list;
  }

 private:
  std::map<std::string, Factory> factories_;
};

}  // namespace gradrace
