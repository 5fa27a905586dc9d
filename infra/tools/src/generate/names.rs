//! Names and cities in several scripts; each name comes with its spelling in an email address.

/// A culture's names, and cities where people have them.
pub(crate) struct Culture {
    /// First names, each as it is written and as it is spelled in an email address.
    pub(crate) first: &'static [(&'static str, &'static str)],
    /// Last names, given as first names are.
    pub(crate) last: &'static [(&'static str, &'static str)],
    /// Cities, each with the ISO 3166 code of its country.
    pub(crate) cities: &'static [(&'static str, &'static str)],
}

/// All cultures. The first is in plain ASCII, which every encoding can write.
pub(crate) const CULTURES: &[Culture] = &[
    Culture {
        first: &[
            ("Amelia", "amelia"),
            ("Benjamin", "benjamin"),
            ("Charlotte", "charlotte"),
            ("Daniel", "daniel"),
            ("Eleanor", "eleanor"),
            ("Frank", "frank"),
            ("Grace", "grace"),
            ("Henry", "henry"),
            ("Isabel", "isabel"),
            ("Jack", "jack"),
            ("Katherine", "katherine"),
            ("Liam", "liam"),
            ("Mary Ann", "maryann"),
            ("Noah", "noah"),
            ("Olivia", "olivia"),
            ("Peter", "peter"),
            ("Rose", "rose"),
            ("Samuel", "samuel"),
            ("Tessa", "tessa"),
            ("William", "william"),
        ],
        last: &[
            ("Adams", "adams"),
            ("Baker", "baker"),
            ("Carter", "carter"),
            ("Dawson", "dawson"),
            ("Evans", "evans"),
            ("Fletcher", "fletcher"),
            ("Green", "green"),
            ("Harris", "harris"),
            ("Ingram", "ingram"),
            ("Johnson", "johnson"),
            ("King-Smith", "kingsmith"),
            ("Lawrence", "lawrence"),
            ("McDonald", "mcdonald"),
            ("Nelson", "nelson"),
            ("O'Brien", "obrien"),
            ("Parker", "parker"),
            ("Reed", "reed"),
            ("Stewart", "stewart"),
            ("Turner", "turner"),
            ("Walker", "walker"),
        ],
        cities: &[
            ("Boston", "US"),
            ("New York", "US"),
            ("Portland", "US"),
            ("Toronto", "CA"),
            ("Bristol", "GB"),
            ("Leeds", "GB"),
            ("Dublin", "IE"),
            ("Sydney", "AU"),
            ("Washington, D.C.", "US"),
            ("Auckland", "NZ"),
        ],
    },
    Culture {
        first: &[
            ("Jürgen", "juergen"),
            ("Käthe", "kaethe"),
            ("Sören", "soeren"),
            ("Anna", "anna"),
            ("Björn", "bjoern"),
            ("Ludwig", "ludwig"),
            ("Mareike", "mareike"),
            ("Zoë", "zoe"),
        ],
        last: &[
            ("Müller", "mueller"),
            ("Schröder", "schroeder"),
            ("Weiß", "weiss"),
            ("Jäger", "jaeger"),
            ("Becker", "becker"),
            ("Vogel", "vogel"),
            ("von der Heide", "vonderheide"),
            ("Köhler", "koehler"),
        ],
        cities: &[("München", "DE"), ("Köln", "DE"), ("Wien", "AT"), ("Zürich", "CH"), ("Lübeck", "DE")],
    },
    Culture {
        first: &[
            ("Chloé", "chloe"),
            ("François", "francois"),
            ("Hélène", "helene"),
            ("Inès", "ines"),
            ("José", "jose"),
            ("Begoña", "begona"),
            ("Noël", "noel"),
            ("Mónica", "monica"),
        ],
        last: &[
            ("Lefèvre", "lefevre"),
            ("Garçon", "garcon"),
            ("D'Aubigné", "daubigne"),
            ("Muñoz", "munoz"),
            ("García López", "garcialopez"),
            ("Gonçalves", "goncalves"),
            ("Bézier", "bezier"),
            ("Núñez", "nunez"),
        ],
        cities: &[("Orléans", "FR"), ("Liège", "BE"), ("Málaga", "ES"), ("São Paulo", "BR"), ("Montréal", "CA")],
    },
    Culture {
        first: &[
            ("Łukasz", "lukasz"),
            ("Małgorzata", "malgorzata"),
            ("Zdeněk", "zdenek"),
            ("Şebnem", "sebnem"),
            ("Çağla", "cagla"),
            ("Győző", "gyozo"),
        ],
        last: &[
            ("Wójcik", "wojcik"),
            ("Dvořák", "dvorak"),
            ("Yılmaz", "yilmaz"),
            ("Szőke", "szoke"),
            ("Źrebięcka", "zrebiecka"),
            ("Černý", "cerny"),
        ],
        cities: &[("Łódź", "PL"), ("Plzeň", "CZ"), ("İzmir", "TR"), ("Győr", "HU"), ("Kraków", "PL")],
    },
    Culture {
        first: &[
            ("Анна", "anna"),
            ("Николай", "nikolay"),
            ("Ольга", "olga"),
            ("Фёдор", "fedor"),
            ("Юлия", "yulia"),
            ("Семён", "semen"),
            ("Дарья", "darya"),
            ("Игорь", "igor"),
        ],
        last: &[
            ("Соловьёв", "solovyev"),
            ("Щукин", "shchukin"),
            ("Попов", "popov"),
            ("Яковлев", "yakovlev"),
            ("Журавлёв", "zhuravlev"),
            ("Орлов", "orlov"),
            ("Белых", "belykh"),
            ("Цой", "tsoy"),
        ],
        cities: &[("Алматы", "KZ"), ("София", "BG"), ("Белград", "RS"), ("Ереван", "AM"), ("Тверь", "RU")],
    },
    Culture {
        first: &[("Ελένη", "eleni"), ("Γιώργος", "giorgos"), ("Μαρία", "maria"), ("Νίκος", "nikos")],
        last: &[("Παπαδόπουλος", "papadopoulos"), ("Νικολάου", "nikolaou"), ("Γεωργίου", "georgiou"), ("Ζήση", "zisi")],
        cities: &[("Αθήνα", "GR"), ("Πάτρα", "GR"), ("Λευκωσία", "CY")],
    },
    Culture {
        first: &[("太郎", "taro"), ("花子", "hanako"), ("健", "ken"), ("さくら", "sakura"), ("ケンジ", "kenji")],
        last: &[("佐藤", "sato"), ("鈴木", "suzuki"), ("田中", "tanaka"), ("高橋", "takahashi"), ("山本", "yamamoto")],
        cities: &[("東京", "JP"), ("大阪市", "JP"), ("札幌市", "JP"), ("名古屋市", "JP")],
    },
    Culture {
        first: &[("明", "ming"), ("小红", "xiaohong"), ("伟", "wei"), ("思远", "siyuan")],
        last: &[("王", "wang"), ("欧阳", "ouyang"), ("张", "zhang"), ("陈", "chen")],
        cities: &[("上海", "CN"), ("北京", "CN"), ("深圳", "CN")],
    },
    Culture {
        first: &[("فاطمة", "fatima"), ("محمد", "mohamed"), ("ليلى", "layla"), ("يوسف", "youssef")],
        last: &[("الحسن", "alhassan"), ("منصور", "mansour"), ("حداد", "haddad"), ("الأحمد", "alahmad")],
        cities: &[("القاهرة", "EG"), ("عمّان", "JO"), ("الرباط", "MA")],
    },
    Culture {
        first: &[("आरती", "aarti"), ("विक्रम", "vikram"), ("ज़ोया", "zoya"), ("👩‍🚀 Mia", "mia")],
        last: &[("शर्मा", "sharma"), ("पटेल", "patel"), ("गुप्ता", "gupta"), ("सिंह", "singh")],
        cities: &[("दिल्ली", "IN"), ("मुंबई", "IN"), ("पुणे", "IN")],
    },
];

impl Culture {
    /// Whether the encoding that `can_be_written` asks has characters for all of these names and cities.
    pub(crate) fn can_be_written(&self, can_be_written: impl Fn(&str) -> bool) -> bool {
        let pairs = self.first.iter().chain(self.last).chain(self.cities);
        pairs.map(|(written, _)| written).all(|written| can_be_written(written))
    }
}

/// Area codes of North America, for phone numbers that are valid.
pub(crate) const AREA_CODES: [u16; 100] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309,
    310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337, 339, 347, 351, 352, 360, 361,
    386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 432, 434, 435, 440,
    443, 469, 478, 479, 480, 484, 501, 502,
];
