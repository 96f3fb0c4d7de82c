//! Enums each of whose variants goes by one name, in a URL, the database or JSON: written once, as `Variant = "name"`.

/// Declares such an enum: `ALL` has the variants in their order, `as_str` gives the name of one, and `parse` finds one by its name.
macro_rules! named {
    (
        $(#[$about:meta])*
        $visible:vis enum $Enum:ident {
            $($(#[$about_variant:meta])* $Variant:ident = $name:literal),+ $(,)?
        }
    ) => {
        $(#[$about])*
        $visible enum $Enum {
            $($(#[$about_variant])* $Variant),+
        }

        impl $Enum {
            /// All of them, in their order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$Variant),+];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Variant => $name),+
                }
            }

            /// The one of a name.
            #[allow(dead_code)] // Some are only written.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == name)
            }
        }

        // Nobody calls it: the compiler warns of a name that two variants have, as the second arm of that name cannot be reached.
        const _: fn(&str) = |name| match name {
            $($name => (),)+
            _ => (),
        };
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use super::named;

    named! {
        /// Where to.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        enum Direction {
            /// Where the sun rises.
            East = "east",
            #[default]
            NorthWest = "north-west",
        }
    }

    #[test]
    fn a_variant_goes_by_its_name_and_by_no_other() {
        assert_eq!(Direction::ALL, [Direction::East, Direction::NorthWest]);
        assert_eq!(Direction::ALL.map(Direction::as_str), ["east", "north-west"]);
        assert_eq!(Direction::parse("north-west"), Some(Direction::default()));
        for other in ["", "East", "NorthWest", "north_west", "east "] {
            assert_eq!(Direction::parse(other), None, "{other}");
        }
    }
}
