#!/usr/bin/python3
"""Writes shown.csv: what LibreOffice shows of values in number formats.

Run it where soffice and openpyxl are (apt-get install libreoffice-calc
python3-openpyxl). The columns of shown.csv are format, value, 1904 (the
workbook's dates begin then), what LibreOffice shows, what Excel shows where it
is known to differ ("error: ..." where it is not known), and why.
"""

import csv
import pathlib
import subprocess
import tempfile

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

NUMBERS = [0, 1, -1, 0.5, -0.5, 1.005, 999.995, 1234.5, -1234.567, 1234567.891]
COUNTS = [0, 1, 2, 3, -1, 7]
DATES = [45762, 45762.5625, 45657.9999, 61]
TIMES = [0, 0.25, 0.5, 1.5, 45762.75, 0.0423726852]

TABLE = [
    # Plain numbers, money, thousands, per cent.
    *[(f, NUMBERS) for f in (
        "0", "0.00", "#,##0", "#,##0.00", "$#,##0.00", "0%", "0.0%", "0.00E+00",
        "#,##0;(#,##0)", "#,##0.00_);(#,##0.00)", "#,##0.00;[Red]-#,##0.00",
        '"$"#,##0.00_);\\("$"#,##0.00\\)', '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)',
        "#,##0.00 [$€-407]", "[$£-809]#,##0.00", '[$$-409]#,##0.00;[Red]-[$$-409]#,##0.00',
        "0.0#", "00000", '0" units"', '"No. "0', "0.000", "General", 'General" units"', "#,##0,", "0.0,,",
        "[$-1010409]#,##0.00", "0;-0;;@", "0.00;;", "+0;-0;0", "(0)")],
    # Sections in place of words.
    *[(f, COUNTS) for f in (
        '"Yes";"Yes";"No"', '"Owes "0;"Refund "0;"Even"', '[=1]"S corp";[=2]"C corp";"Other"',
        '[=0]"none";0', '[=1]"one";[=2]"two";0', '"up";"down"', '"TRUE";"TRUE";"FALSE"',
        '[Green]"gain "0;[Red]"loss "0;"flat"', '[=1]0" year";0" years"', '[<=1]"few";[>2]"many";"some"')],
    # Conditions and scales.
    *[(f, [0, 5, 999, 1000, 1500, 1499999, 1500000, 12345678]) for f in (
        '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', '[>=1000000]$#,##0.0,,"M";[>=1000]$#,##0,"K";$0',
        '[<1000]0;0.0,"K"', '[>999999]#,,"M";[>999]#,"K";#', '[<10]"small";[<1000]"middle";"big"')],
    *[(f, [-5, -1500, -0.25, 5]) for f in (
        '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', "[<0](0.0);0.0", "[>=0]0.0;[<0](0.0)", "[<-1000]0.0;0.0",
        '[>1]0.0;0.0', '[=0]"-";0.0')],
    # Special formats.
    ("[<=9999999]###-####;(###) ###-####", [5551234, 2125551234, 9999999, 10000000]),
    ("[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", [5551234, 2125551234]),
    ("00000", [501, 90210]), ("00000-0000", [902101234, 5011234]), ("00000\\-0000", [902101234]),
    ("000-00-0000", [123456789, 12345678]), ("000\\-00\\-0000", [123456789]), ("00-0000000", [123456789, 12345678]),
    ("(000) 000-0000", [2125551234]), ("0000 0000 0000 0000", [1234567812345670]),
    # Fractions.
    *[(f, [0, 0.5, 1, 1.25, 2.75, -1.5, 12.3, 0.125]) for f in ("# ?/?", "# ??/??", "?/?", "# ?/2", "# ?/4", "# ?/8", "# ??/16", "# ?/10", "# ??/100")],
    ("# ??/??", [3.14159, 0.3333]), ("# ???/???", [3.14159, 0.75]), ("# ?/?", [123.456, 0.99]), ("0 ?/?", [0.5]),
    # Exponents.
    *[(f, [0, 12345, 0.00012, 9.996e5, -7]) for f in ("0.00E+00", "0E+0", "##0.0E+0", "0.0E-00")],
    # Dates and times.
    *[(f, DATES) for f in (
        "yyyy-mm-dd", "m/d/yyyy", "mm/dd/yy", "d-mmm-yy", "mmmm d, yyyy", "dddd, mmmm dd, yyyy", "ddd d mmm",
        "yyyy-mm-dd hh:mm", "yyyy-mm-dd hh:mm:ss", "m/d/yy h:mm AM/PM", "mmm-yy", "mmmmm", "dd.mm.yyyy",
        '[$-409]mmmm d, yyyy;@', "[$-407]d. mmmm yyyy", "[$-40C]d mmmm yyyy", '[$-C0A]d" de "mmmm" de "yyyy',
        "[$-410]d mmmm yyyy", "[$-413]dddd d mmmm yyyy", '[$-416]d" de "mmmm" de "yyyy', "[$-407]dddd", "[$-40C]dddd",
        "[$-C0A]dddd", "[$-410]dddd", "[$-416]dddd", "[$-407]dd.mm.yyyy", "[$-411]yyyy/m/d", 'yyyy"年"m"月"d"日"',
        '"Q"0', "yyyy\\-mm\\-dd;@", "[$-F800]dddd, mmmm dd, yyyy")],
    ("yyyy-mm-dd", [0, 1.25, 59, 60, -1, 2958465, 2958466]), ("dddd", [1.25]), ("[h]:mm", [-1.5]),
    *[(f, TIMES) for f in (
        "h:mm", "hh:mm:ss", "h:mm AM/PM", "h:mm:ss AM/PM", "[h]:mm", "[h]:mm:ss", "[mm]:ss", "[ss]", "mm:ss", "mm:ss.0",
        "h:mm:ss.000", "h A/P", 'h" h "m" min"', "[hh]:mm")],
]
TABLE_1904 = [("[h]:mm:ss", [0.25, 1.5, 44300.5]), ("yyyy-mm-dd", [1, 44300]), ("h:mm", [0.25, 44300.75]),
              ("h:mm", [-0.25]), ("d mmm yyyy hh:mm", [44300.5]), ("[mm]:ss", [1.5]), ("dddd", [44300])]

# Where Excel is known to show something else, by format and value.
EXCEL = {}


def excel(why, *rows):
    for fmt, value, shown in rows:
        EXCEL[fmt, value] = shown, why


excel("the half of 1.005 is in its 15 digits, times 100", ("0%", 1.005, "101%"))
excel("a negative number keeps its sign in a section that is for others too",
      ('[=1]"S corp";[=2]"C corp";"Other"', -1, "-Other"), ('[=0]"none";0', -1, "-1"), ('[=1]"one";[=2]"two";0', -1, "-1"),
      ('[=1]0" year";0" years"', -1, "-1 years"), ('[<=1]"few";[>2]"many";"some"', -1, "-few"),
      ('[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', -5, "-5"), ('[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', -1500, "-1500"),
      ('[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', -0.25, "-0"), ("[<-1000]0.0;0.0", -5, "-5.0"), ("[<-1000]0.0;0.0", -0.25, "-0.3"),
      ("[>1]0.0;0.0", -5, "-5.0"), ("[>1]0.0;0.0", -1500, "-1500.0"), ("[>1]0.0;0.0", -0.25, "-0.3"),
      ('[=0]"-";0.0', -5, "-5.0"), ('[=0]"-";0.0', -1500, "-1500.0"), ('[=0]"-";0.0', -0.25, "-0.3"))
excel("it loses its sign where the section is for negative numbers alone", ("[<-1000]0.0;0.0", -1500, "1500.0"))
excel("Excel takes the last convergent of the continued fraction",
      ("# ?/?", 12.3, "12 1/3"), ("?/?", 12.3, "37/3"), ("# ??/??", 3.14159, "3  1/7 "), ("# ?/?", 123.456, "123 1/2"))
excel("a given denominator has its room, and its numerator is rounded",
      ("# ?/2", 0, "0    "), ("# ?/2", 1, "1    "), ("# ?/2", 1.25, "1 1/2"), ("# ?/2", 2.75, "3    "), ("# ?/2", 0.125, "0    "),
      ("# ?/4", 0, "0    "), ("# ?/4", 1, "1    "), ("# ?/4", 0.125, " 1/4"), ("# ?/8", 0, "0    "), ("# ?/8", 1, "1    "),
      ("# ??/16", 0, "0      "), ("# ??/16", 1, "1      "), ("# ?/10", 0, "0     "), ("# ?/10", 1, "1     "),
      ("# ?/10", 1.25, "1 3/10"), ("# ?/10", 2.75, "2 8/10"), ("# ??/100", 0, "0       "), ("# ??/100", 1, "1       "),
      ("# ??/100", 0.125, " 13/100"))
excel("Excel counts a 29 February 1900, and days from 1 January of that year", ("yyyy-mm-dd", 0, "1900-01-00"),
      ("yyyy-mm-dd", 1.25, "1900-01-01"), ("yyyy-mm-dd", 59, "1900-02-28"), ("yyyy-mm-dd", 60, "1900-02-29"), ("dddd", 1.25, "Sunday"))
excel("Excel shows #### for what is no date of its own", ("yyyy-mm-dd", -1, "error: it is no date"),
      ("yyyy-mm-dd", 2958466, "error: it is no date"), ("[h]:mm", -1.5, "error: it is no date"))
excel("times before the year 1904 have a sign", ("h:mm", -0.25, "-6:00"))
excel("Excel rounds seconds", ("yyyy-mm-dd hh:mm:ss", 45657.9999, "2024-12-31 23:59:51"))
excel("the long date of the computer is shown as it is in English", ("[$-F800]dddd, mmmm dd, yyyy", 61, "Thursday, March 01, 1900"))
excel("A/P has the letters that the format has", *[("h A/P", v, t) for v, t in zip(TIMES, ("12 A", "6 A", "12 P", "12 P", "6 P", "1 A"))])


def shown(cases, date1904):
    """What LibreOffice shows of (format, value) pairs."""
    with tempfile.TemporaryDirectory() as folder:
        book = openpyxl.Workbook()
        if date1904:
            book.epoch = CALENDAR_MAC_1904
        for row, (fmt, value) in enumerate(cases, 1):
            cell = book.active.cell(row, 1, value)
            cell.number_format = fmt
            book.active.cell(row, 2, "end")
        book.save(f"{folder}/q.xlsx")
        subprocess.run(["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
                        "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true", "--outdir", folder, f"{folder}/q.xlsx"],
                       check=True, capture_output=True)
        with open(f"{folder}/q.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert len(rows) == len(cases), (len(rows), len(cases))
        return [row[0] for row in rows]


def main():
    with open(pathlib.Path(__file__).with_name("shown.csv"), "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["format", "value", "1904", "LibreOffice", "Excel", "why"])
        for date1904, table in (("", TABLE), ("1904", TABLE_1904)):
            cases = [(fmt, value) for fmt, values in table for value in values]
            for (fmt, value), text in zip(cases, shown(cases, date1904)):
                differs = EXCEL.get((fmt, value), ("", ""))
                out.writerow([fmt, value, date1904, text, *differs])


if __name__ == "__main__":
    main()
