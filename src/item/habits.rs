//! What kinds of clients do differently, in one table (REFERENCE.md 12). What can be done for all
//! clients alike does not belong here.

use super::object::Client;

/// The habits of one kind of client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Habits {
    /// The hour of UTC at which it wants a date without a time, such that its own arithmetic stays
    /// on that day.
    pub birthday_hour: i64,
    /// It sends an empty Picture whenever a contact is edited whose photo it did not make.
    pub empty_picture_means_nothing: bool,
    /// Of these classes it looks at one folder only: the others' items are to be in that one.
    pub one_folder_of: OneFolder,
}

/// Of which classes a client looks at one folder only.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct OneFolder {
    pub calendar: bool,
    pub contacts: bool,
    pub tasks: bool,
    pub notes: bool,
}

impl OneFolder {
    const NONE: Self = Self {
        calendar: false,
        contacts: false,
        tasks: false,
        notes: false,
    };
    const NOTES: Self = Self {
        notes: true,
        ..Self::NONE
    };
    const CONTACTS: Self = Self {
        contacts: true,
        notes: true,
        ..Self::NONE
    };
    const CONTACTS_AND_TASKS: Self = Self {
        tasks: true,
        ..Self::CONTACTS
    };
    const ALL: Self = Self {
        calendar: true,
        ..Self::CONTACTS_AND_TASKS
    };
}

const MODERN: Habits = Habits {
    birthday_hour: 0,
    empty_picture_means_nothing: false,
    one_folder_of: OneFolder::NONE,
};

impl Habits {
    /// The habits of a client. One that nobody described is taken for a modern one.
    pub fn of(client: &Client<'_>) -> Self {
        let device = client.device_type.to_ascii_lowercase();
        let agent = client.agent.unwrap_or_default().to_ascii_lowercase();
        KINDS
            .iter()
            .find(|kind| kind.is(&device, &agent))
            .map_or(MODERN, |kind| kind.habits)
    }
}

/// How a kind of client is known, in lower case: by how its type begins, and by what its agent
/// contains.
struct Kind {
    device: &'static str,
    agent: &'static str,
    habits: Habits,
}

impl Kind {
    fn is(&self, device: &str, agent: &str) -> bool {
        device.starts_with(self.device) && agent.contains(self.agent)
    }
}

const IOS: Habits = Habits {
    empty_picture_means_nothing: true,
    one_folder_of: OneFolder::NOTES,
    ..MODERN
};
const OLD_ANDROID: Habits = Habits {
    birthday_hour: 8,
    one_folder_of: OneFolder::ALL,
    ..MODERN
};
const ONE_OF_ALL: Habits = Habits {
    one_folder_of: OneFolder::ALL,
    ..MODERN
};

/// The first that fits counts.
const KINDS: [Kind; 19] = [
    kind("iphone", "", IOS),
    kind("ipad", "", IOS),
    kind("ipod", "", IOS),
    // Samsung's own app; it took several folders only lately.
    kind("samsung", "", ONE_OF_ALL),
    // Gmail since 7.5.
    kind("android", "android-mail/", MODERN),
    // AOSP's own app announces the system's version.
    kind("android", "android/2.", OLD_ANDROID),
    kind("android", "android/3.", OLD_ANDROID),
    kind("android", "android/4.", ANDROID_4_4),
    kind("android", "android/5.", ANDROID_4_4),
    kind("android", "android/6", AOSP),
    kind("android", "android/7", AOSP),
    kind("android", "android/8", AOSP),
    kind("android", "android/9", AOSP),
    kind("android", "android/10", AOSP),
    kind(
        "blackberry",
        "",
        Habits {
            birthday_hour: 11,
            ..MODERN
        },
    ),
    kind(
        "windowsoutlook",
        "",
        Habits {
            one_folder_of: OneFolder::CONTACTS,
            ..MODERN
        },
    ),
    kind("wp8", "msft-wp/8.10", WINDOWS_PHONE_8_1),
    kind("wp8", "", WINDOWS_PHONE_8_0),
    kind("pocketpc", "", ONE_OF_ALL),
];

/// From 4.4 on several calendars, one of the rest.
const ANDROID_4_4: Habits = Habits {
    birthday_hour: 8,
    one_folder_of: OneFolder::CONTACTS_AND_TASKS,
    ..MODERN
};
const AOSP: Habits = Habits {
    birthday_hour: 8,
    ..MODERN
};
const WINDOWS_PHONE_8_0: Habits = Habits {
    one_folder_of: OneFolder {
        calendar: true,
        ..OneFolder::CONTACTS
    },
    ..MODERN
};
const WINDOWS_PHONE_8_1: Habits = Habits {
    one_folder_of: OneFolder::CONTACTS,
    ..MODERN
};

const fn kind(device: &'static str, agent: &'static str, habits: Habits) -> Kind {
    Kind {
        device,
        agent,
        habits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(device_type: &str, agent: &str) -> Habits {
        Habits::of(&Client {
            device_type,
            agent: Some(agent),
        })
    }

    #[test]
    fn clients_are_known_by_type_and_agent() {
        for (device, agent, hour, empty_picture, one_folder_of) in [
            (
                "iPhone",
                "Apple-iPhone12C1/1607.x",
                0,
                true,
                OneFolder::NOTES,
            ),
            ("Android", "Android-Mail/2024.01", 0, false, OneFolder::NONE),
            (
                "Android",
                "Android/4.1.2-EAS-1.3",
                8,
                false,
                OneFolder::CONTACTS_AND_TASKS,
            ),
            ("Android", "Android/2.3-EAS-1.3", 8, false, OneFolder::ALL),
            ("Android", "Android/9-EAS-2.0", 8, false, OneFolder::NONE),
            (
                "SAMSUNGSMG991B",
                "Android-SAMSUNG-SM-G991B/101.1",
                0,
                false,
                OneFolder::ALL,
            ),
            ("BlackBerry", "RIM-Q10", 11, false, OneFolder::NONE),
            (
                "WindowsOutlook15",
                "Outlook/16.0",
                0,
                false,
                OneFolder::CONTACTS,
            ),
            ("WP8", "MSFT-WP/8.10.1", 0, false, OneFolder::CONTACTS),
            (
                "Thunderbird",
                "Thunderbird ActiveSync",
                0,
                false,
                OneFolder::NONE,
            ),
            ("", "", 0, false, OneFolder::NONE),
        ] {
            let expected = Habits {
                birthday_hour: hour,
                empty_picture_means_nothing: empty_picture,
                one_folder_of,
            };
            assert_eq!(of(device, agent), expected, "{device} {agent}");
        }
    }
}
