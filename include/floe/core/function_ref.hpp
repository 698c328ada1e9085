// A reference to whatever can be called.
//
// owns:     how a call gets from a plain type to a callable of any type
// does not: own the callable, nor allocate
// invariant: what the constructor accepts can be called: a function, a pointer to one, an object
//            with a call operator, const or not.
#pragma once

#include "floe/core/language.hpp"

#include <concepts>
#include <memory>
#include <type_traits>

namespace floe {

/// A T that takes Args as an lvalue, and gives what becomes an R; any value for void.
template <class T, class R, class... Args>
concept callable = requires(T& called, Args... args) {
  static_cast<R>(called(args...));
};

namespace detail {

template <class T>
using function_of = std::remove_pointer_t<std::remove_cvref_t<T>>;

/// True for a function, and for a pointer to one.
template <class T>
inline constexpr bool names_function = std::is_function_v<function_of<T>>;

/// True for what is still there when the call that it was given to is over.
template <class T>
inline constexpr bool outlasts_call = std::is_lvalue_reference_v<T> || names_function<T>;

/// What a Ref may be made of: what can be called and outlasts the call, and is no other Ref.
template <class T, class Ref, class R, class... Args>
concept referable = !std::same_as<std::remove_cvref_t<T>, Ref> && outlasts_call<T> &&
                    callable<std::remove_reference_t<T>, R, Args...>;

}  // namespace detail

template <class Signature>
class function_ref;

/// Refers to an object, which must outlive every copy of the reference; or to a function, which a
/// pointer may name and which always lives.
template <class R, class... Args>
class function_ref<R(Args...)> {
 public:
  /// in: no null pointer
  template <detail::referable<function_ref, R, Args...> T>
  function_ref(T&& called) noexcept {  // NOLINT(google-explicit-constructor): a view, like span
    // NOLINTBEGIN(cppcoreguidelines-pro-type-union-access): call_ knows which of both it is
    using type = std::remove_reference_t<T>;
    if constexpr (detail::names_function<T>) {
      detail::function_of<T>* const function = called;
      target_.function = reinterpret_cast<void (*)()>(function);
      call_ = [](target to, Args... args) -> R {
        return static_cast<R>(reinterpret_cast<detail::function_of<T>*>(to.function)(args...));
      };
    } else {
      const volatile void* const object = std::addressof(called);
      target_.object = const_cast<void*>(object);
      call_ = [](target to, Args... args) -> R {
        return static_cast<R>((*static_cast<type*>(to.object))(args...));
      };
    }
    // NOLINTEND(cppcoreguidelines-pro-type-union-access)
  }

  R operator()(Args... args) const { return call_(target_, args...); }

 private:
  union target {
    void* object;
    void (*function)();
  };

  target target_;
  R (*call_)(target, Args...);
};

}  // namespace floe
