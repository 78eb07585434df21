"""What each state's law provides about a minor's mental-health record, as data.

A state is listed only if the text of its law, or a page that quotes it, was read; `sources` gives the pages and
`text_as_of` the date of that copy. A missing state is not a state without a rule: there, staff decide.

How `parent_access_ends_at` was read from the law. In doubt the more restrictive reading was used, because an active
grant is not reviewed again before each access:

- the law gives the minor control over the release of the record from an age, or keeps a parent from learning
  of the treatment without the minor's consent: that age;
- the law lets a minor of that age consent alone to ordinary outpatient treatment, and gives parents no right
  to that record: that age, because the one who consented alone is then the one who decides (45 CFR
  164.502(g)(3)(i)), and where state law is silent a professional decides each request (164.502(g)(3)(ii)(C));
- the law names no age, covers a short crisis only, or gives parents the record throughout minority: 18.
"""

from datetime import date
from types import MappingProxyType

from attrs import frozen

ANY_AGE = 0
"""`consent_age` where the law sets no lowest age, only conditions such as a finding of maturity."""

_NOVEMBER_2026 = date(2026, 11, 22)


@frozen
class StateRule:
    """One state's rule, with the sources that a compliance officer needs to check it.

    `consent_age` is the age in years from which a minor may consent alone to outpatient mental-health
    treatment: `ANY_AGE` if the law names no age, None if the texts read give no such right.
    `parent_access_ends_at` is the age at which a parent's access ends unless the minor authorizes it.
    `reviewed_on` is the day on which `sources` were read; `text_as_of` is the date or edition that those pages
    state.
    """

    state: str
    citation: str
    rule: str
    consent_age: int | None
    parent_access_ends_at: int
    sources: tuple[str, ...]
    text_as_of: str
    reviewed_on: date


_ROWS = (
    StateRule(
        state="CA",
        citation="Cal. Health & Safety Code §§ 123115(a), 124260; Cal. Fam. Code § 6924",
        rule=(
            "From 12 a minor who is mature enough may consent to outpatient treatment, and a parent has no "
            "right to the records of services that a minor may so consent to."
        ),
        consent_age=12,
        parent_access_ends_at=12,
        sources=(
            "https://lawserver.com/law/state/california/codes/california_health_safety_code_123115",
            "https://jurris.com/california/health-and-safety-code/124260",
            "https://psychology.ca.gov/laws_regs/ab_665.shtml",
        ),
        text_as_of="undated copies; the change of 1 July 2024 by the licensing board's notice",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="CO",
        citation="Colo. Rev. Stat. § 12-245-203.5",
        rule=(
            "From 12 a minor may have psychotherapy without a parent's consent, and a parent is told of it "
            "with the minor's consent."
        ),
        consent_age=12,
        parent_access_ends_at=12,
        sources=("https://colorado.public.law/statutes/crs_12-245-203.5",),
        text_as_of="2024 session",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="CT",
        citation="Conn. Gen. Stat. § 19a-14c",
        rule=(
            "A minor of any age may be treated alone under five conditions that the clinician documents, and "
            "a parent is told of that treatment with the minor's consent only; no birthday is named."
        ),
        consent_age=ANY_AGE,
        parent_access_ends_at=18,
        sources=(
            "https://lawserver.com/law/state/connecticut/ct-laws/connecticut_statutes_19a-14c",
            "http://naswct.org/professional-information/legal/brief-guide-state-law-outpatient-mental-health-treatment-minors/",
        ),
        text_as_of="as revised on 1 July 2021",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="DC",
        citation="D.C. Code § 7-1202.05(b); 22-B DCMR § 600.7",
        rule=(
            "From 14 a disclosure of mental-health information needs the minor's written authorization "
            "together with a parent's, or the minor's alone where no parent consented to the treatment."
        ),
        consent_age=ANY_AGE,
        parent_access_ends_at=14,
        sources=(
            "https://getpocketlaw.com/law/state_district_of_columbia/section-7-1202-05-power-to-grant-authorization_a9d625554e86",
            "http://dcrules.elaws.us/dcmr/22-b600",
        ),
        text_as_of="undated copies; the regulation current to January 2025",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="FL",
        citation="Fla. Stat. § 394.4784",
        rule=(
            "From 13 a minor in an emotional crisis may consent to outpatient help of two visits a week at "
            "most before a parent must consent; the parent's access to the rest of the record is left as it "
            "is."
        ),
        consent_age=13,
        parent_access_ends_at=18,
        sources=(
            "http://www.leg.state.fl.us/statutes/index.cfm?App_mode=Display_Statute&URL=0300-0399%2F0394%2FSections%2F0394.4784.html",
        ),
        text_as_of="The 2024 Florida Statutes",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="HI",
        citation="Haw. Rev. Stat. § 577-29",
        rule=(
            "From 14 a minor who is mature enough may consent to counseling, and a parent is involved unless "
            "the professional, having asked the minor, finds that inappropriate."
        ),
        consent_age=14,
        parent_access_ends_at=14,
        sources=("https://capitolwebsite.azurewebsites.net/sessions/session2019/Bills/HB584_.HTM",),
        text_as_of="the section as a bill of 2019 sets it out",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="ID",
        citation="Idaho Code § 32-1015",
        rule=(
            "No health care service is furnished to a minor without a parent's consent, and a parent may not "
            "be denied the minor's health information."
        ),
        consent_age=None,
        parent_access_ends_at=18,
        sources=(
            "https://legislature.idaho.gov/statutesrules/idstat/title32/t32ch10/sect32-1015",
            "https://hollandhart.com/idahos-new-parental-consent-law-faqs",
        ),
        text_as_of="in force since 1 July 2024",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="IL",
        citation="740 ILCS 110/4(a); 405 ILCS 5/3-5A-105",
        rule=(
            "From 12 the record is the minor's to inspect, and a parent may inspect it only if the minor is "
            "informed and does not object or the therapist finds no compelling reason against it."
        ),
        consent_age=12,
        parent_access_ends_at=12,
        sources=(
            "https://law.onecle.com/illinois/740ilcs110/4.html",
            "https://witnessslips.ilga.gov/legislation/publicacts/fulltext.asp?Name=100-0614",
        ),
        text_as_of="undated copy; Public Act 100-0614 (2018)",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="MD",
        citation="Md. Code, Health-General § 20-104",
        rule=(
            "From 12 a minor found mature enough consents as an adult does, and whether a parent is told is "
            "the provider's decision, not the parent's right."
        ),
        consent_age=12,
        parent_access_ends_at=12,
        sources=("https://codes.findlaw.com/md/health-general/md-code-health-gen-sect-20-104/",),
        text_as_of="31 December 2021",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="MI",
        citation="Mich. Comp. Laws § 330.1707",
        rule=(
            "From 14 a minor may have outpatient services without a parent's consent or knowledge, and a "
            "parent is told only for a compelling need, after the minor is told so."
        ),
        consent_age=14,
        parent_access_ends_at=14,
        sources=("http://bostoncoop.net/lcd/full/node68.html",),
        text_as_of="quoted in an undated survey of state laws",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="MT",
        citation="Mont. Code Ann. § 53-21-112",
        rule="From 16 a minor may consent to mental-health services without a parent.",
        consent_age=16,
        parent_access_ends_at=16,
        sources=("https://lexace.ai/us/statute/montana/53-21-112",),
        text_as_of="undated copy",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="NM",
        citation="N.M. Stat. Ann. §§ 32A-6A-15, 32A-6A-24",
        rule=(
            "From 14 a minor is presumed able to consent to verbal therapy and has the right to consent to "
            "disclosure of the mental-health record; under 14 the custodian does."
        ),
        consent_age=14,
        parent_access_ends_at=14,
        sources=(
            "https://instalawyer.io/laws/2021-new-mexico-statutes/section-32a-6a-15-consent-for",
            "https://lawserver.com/law/state/new-mexico/nm-statutes/new_mexico_statutes_32a-6a-24",
        ),
        text_as_of="2021 statutes; undated copy",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="NY",
        citation="N.Y. Mental Hyg. Law §§ 33.16, 33.21",
        rule=(
            "A parent may inspect the record of treatment to which a parent consented, a patient over 12 "
            "being told of each request first; a minor may be treated alone under conditions that name no "
            "age."
        ),
        consent_age=ANY_AGE,
        parent_access_ends_at=18,
        sources=(
            "https://www.nysenate.gov/legislation/laws/MHY/33.16",
            "http://docs.dos.ny.gov/coog/ftext/f8967.htm",
            "https://lexace.ai/us/statute/new-york/mhy-33.21",
        ),
        text_as_of="§ 33.16 as published 15 September 2017; § 33.21 undated copy",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="OH",
        citation="Ohio Rev. Code § 5122.04",
        rule=(
            "From 14 a minor may have six sessions or thirty days of outpatient services, of which a parent "
            "is not told without the minor's consent unless harm makes it necessary."
        ),
        consent_age=14,
        parent_access_ends_at=14,
        sources=("https://law.onecle.com/ohio/title-51/5122.04.html",),
        text_as_of="10 October 2016",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="OR",
        citation="Or. Rev. Stat. §§ 109.675, 109.680",
        rule=(
            "From 14 a minor may obtain outpatient treatment without a parent's knowledge or consent, and "
            "what a parent is told is the provider's clinical decision."
        ),
        consent_age=14,
        parent_access_ends_at=14,
        sources=(
            "https://oregon.public.law/rules/oar_413-020-0170",
            "https://getpocketlaw.com/law/state_oregon/section-109-680-disclosure-by-mental-health-care-provider-without-minor-s-consent-civil-immunity_7ac8ebc3ee09",
        ),
        text_as_of="undated copies",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="PA",
        citation="35 P.S. § 10101.1; 55 Pa. Code § 5100.33(a)",
        rule=(
            "From 14 a minor may consent to outpatient treatment, as a parent still may, and controls the "
            "release of the record when able to understand it; under 14 a parent controls it."
        ),
        consent_age=14,
        parent_access_ends_at=14,
        sources=(
            "https://govt.westlaw.com/pac/Document/N67D94500D26A11EA93CAAA8D5255C4BE",
            "https://pacodeandbulletin.gov/Display/pacode?file=%2Fsecure%2Fpacode%2Fdata%2F055%2Fchapter5100%2Fs5100.33.html",
        ),
        text_as_of="statute in force since 21 September 2020; the Code's page undated",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="TN",
        citation="Tenn. Code Ann. §§ 33-8-202, 33-3-104",
        rule=(
            "From 16 a minor with a mental illness has an adult's rights over outpatient treatment and "
            "confidential information; a parent keeps access to prescription records."
        ),
        consent_age=16,
        parent_access_ends_at=16,
        sources=(
            "https://law.justia.com/codes/tennessee/title-33/chapter-8/part-2/section-33-8-202/",
            "https://www.whitewoodcounseling.org/2018/03/referral-consent-treatment-juveniles-in.html",
        ),
        text_as_of="2024 Tennessee Code",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="TX",
        citation="Tex. Fam. Code § 32.004",
        rule=(
            "A minor of any age may consent to counseling for suicide prevention, addiction or abuse, and "
            "the professional may advise the parents of it with or without the minor's consent."
        ),
        consent_age=ANY_AGE,
        parent_access_ends_at=18,
        sources=(
            "https://legalfix.com/statutes/state-codes/texas/family-code/title-2/subtitle-a/chapter-32/subchapter-a/section-32-004",
        ),
        text_as_of="as amended in 1995; undated copy",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="VA",
        citation="Va. Code §§ 54.1-2969(E), 20-124.6",
        rule=(
            "A minor of any age is deemed an adult for consenting to outpatient mental-health care, yet no "
            "parent is denied the minor's health record unless a court or the treating clinician finds "
            "cause."
        ),
        consent_age=ANY_AGE,
        parent_access_ends_at=18,
        sources=(
            "http://www.centerforethicalpractice.org/ethical-legal-resources/virginia-legal-information/legal-opinions-rights-virginia-minors/virginia-minors-legal-rights-right-to-consent-to-treatment-access-to-disclosure-of-confidential-records-of-outpatient-treatment/",
            "https://vacode.org/20-124.6/",
        ),
        text_as_of="undated copies; § 20-124.6 as amended in 2005",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="VT",
        citation="18 V.S.A. § 8350",
        rule=(
            "A minor of any age may consent to outpatient psychotherapy and counseling without a parent; no "
            "birthday is named."
        ),
        consent_age=ANY_AGE,
        parent_access_ends_at=18,
        sources=("https://legislature.vermont.gov/statutes/fullchapter/18/196",),
        text_as_of="2023 session",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="WA",
        citation="RCW 71.34.530, 70.02.240; WAC 388-01-150(4)(b)",
        rule=(
            "From 13 a minor may have outpatient treatment without a parent's consent, and must consent "
            "before a parent is given the mental-health record that the state's social services hold."
        ),
        consent_age=13,
        parent_access_ends_at=13,
        sources=(
            "https://instalawyer.io/laws/revised-code-of-washington/7134530-outpatient-treatment-of",
            "https://lawfilesext.leg.wa.gov/Law/RCW/RCW%20%2070%20%20TITLE/RCW%20%2070%20.%2002%20%20CHAPTER/RCW%20%2070%20.%2002%20.240.htm",
            "https://lawfilesext.leg.wa.gov/Law/WACArchive/2022/htm/WAC%20388%20%20TITLE/WAC%20388%20-%2001%20%20CHAPTER/WAC%20388%20-%2001%20-150.htm",
        ),
        text_as_of="2019 c 381; WAC archive of 2022",
        reviewed_on=_NOVEMBER_2026,
    ),
    StateRule(
        state="WI",
        citation="Wis. Stat. §§ 51.14, 51.30(5)",
        rule=(
            "Outpatient treatment needs a parent's consent, which a minor of 14 may ask an officer to "
            "review, and a parent may see the record unless denied physical placement."
        ),
        consent_age=None,
        parent_access_ends_at=18,
        sources=(
            "https://www.dhs.wisconsin.gov/clientrights/minors-records.htm",
            "https://getpocketlaw.com/law/state_wisconsin/section-51-14-review-of-outpatient-mental-health-treatment-of-minors-aged-14-or-older_ab010c17645b",
        ),
        text_as_of="the Department's page, undated",
        reviewed_on=_NOVEMBER_2026,
    ),
)

RULES = MappingProxyType({row.state: row for row in _ROWS})
"""The rules by the state's two-letter code."""
