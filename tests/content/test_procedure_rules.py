"""What each rule says is said by the procedure that cites it (R45–R117)."""

import pytest

from outage_service.content.procedures import Procedure, load_procedures

SAID = load_procedures()
BY_ID = {procedure.id: procedure for procedure in SAID.procedures}

# rule, procedure, what it must say in English and in French
TABLE = [
    ("R45", "transmit_ahead", "at least 2 hours before", "au moins 2\u00a0heures avant"),
    ("R46", "keep_transmitting", "keep sending", "continuez à les envoyer"),
    ("R47", "other_departments_import", "other government departments", "autres ministères"),
    ("R47", "other_departments_export", "other government departments", "autres ministères"),
    ("R48", "other_departments_import", "14-digit transaction number is no proof", "ne prouve pas"),
    ("R49", "examination", "examine the goods", "examiner les marchandises"),
    ("R50", "two_copies", "two copies", "deux exemplaires"),
    ("R50", "two_copies_in_bond", "stamps the reverse", "estampille le verso"),
    ("R51", "paper_accepted", "2 more hours", "2\u00a0heures"),
    ("R52", "send_imports", "24 business hours", "24\u00a0heures ouvrables"),
    ("R52", "send_exports", "within 24 hours is recommended", "recommandé"),
    ("R53", "send_imports", "actual date and time of release", "date et l’heure réelles de la mainlevée"),
    ("R53", "send_exports", "actual date and time of departure", "date et l’heure réelles du départ"),
    ("R54", "no_penalty", "No monetary penalty", "Aucune sanction pécuniaire"),
    ("R55", "sent_already", "release notification", "avis de mainlevée"),
    (
        "R56",
        "proof_of_report",
        "subsection 12(1) of the Customs Act",
        "paragraphe 12(1) de la Loi sur les douanes",
    ),
    ("R56", "proof_of_report", "authority to deliver", "autorise le transporteur à les livrer"),
    ("R57", "export_stamped", "does not meet subsection 95(1)", "ne satisfait pas au paragraphe 95(1)"),
    ("R58", "retain_stamped", "stamped paper", "document estampillé"),
    ("R59", "two_copies", "Port of report", "Port de déclaration"),
    ("R60", "carrier_document", "freight remaining on board", "fret restant à bord"),
    ("R61", "marine_report", "D3-5-1", "D3-5-1"),
    ("R62", "in_bond_move", "sub-location code", "code de sous-emplacement"),
    ("R63", "highway_report", "ACI EDI cargo transmittal", "transmission EDI du fret"),
    ("R64", "highway_csa", "CDRP or FAST card", "carte PICSC ou EXPRES"),
    ("R65", "highway_non_csa", "bill of lading", "connaissement"),
    ("R66", "highway_decision", "authority to move or authority to deliver", "autorisation de circuler"),
    ("R67", "rail_report", "held there until the CBSA says otherwise", "retenu jusqu’à avis de l’ASFC"),
    ("R68", "air_report", "paper air waybill", "lettre de transport aérien sur papier"),
    ("R68", "air_csa", "service option 521", "option de service 521"),
    ("R69", "marine_report", "A6 and A6A in two copies", "A6 et A6A en deux exemplaires"),
    ("R70", "deconsolidation", "Electronic Longroom", "salle de comptoirs électronique"),
    ("R71", "paper_release", "exception lead sheet", "feuille maîtresse d’exceptions"),
    ("R72", "carm_cad", "C-type", "type C"),
    ("R73", "carm_no_number", "no release prior to payment", "pas de mainlevée avant paiement"),
    ("R74", "carm_cad", "by hand", "à la main"),
    ("R75", "carm_cad", "the office prints it", "le bureau l’imprime"),
    ("R76", "carm_tap", "enters the package once they are back", "saisit le dossier"),
    ("R77", "carm_tap", "Outage – TBD", "Outage – TBD"),
    ("R78", "carm_final_copies", "credited to your account", "portée à votre crédit"),
    ("R79", "carm_tap", "D8-1-4", "D8-1-4"),
    ("R80", "carm_bonded", "BSF946 instead", "BSF946"),
    ("R81", "carm_bonded", "RMD process, by EDI or on paper", "processus de MDM, par EDI ou sur papier"),
    ("R81", "carm_type_10", "Type 10 declaration in the CARM Client Portal", "déclaration de type 10"),
    ("R82", "streamlined_release", "Only for highway shipments", "Uniquement pour les expéditions routières"),
    ("R83", "streamlined_release", "stack manifest only if it was approved", "Manifeste regroupé seulement"),
    ("R84", "streamlined_release", "written by hand are accepted", "écrits à la main sont acceptés"),
    ("R85", "streamlined_numbers", "commits you to interim or final accounting", "vous vous engagez"),
    ("R86", "release_status", "Only while ACROSS works", "Seulement lorsque le SSMAEC fonctionne"),
    ("R87", "release_status", "comes back stamped", "vous revient estampillé"),
    ("R88", "release_status", "stamped original comes back", "original estampillé vous revient"),
    ("R89", "proof_of_release", "Paper or digital", "Sur papier ou numérique"),
    ("R90", "warehouse_hold", "hold it if it is still in your warehouse", "retenez l’expédition"),
    ("R90", "warehouse_records", "paper record", "Consignez sur papier"),
    ("R100", "export_report", "still have to report", "tout de même déclarer"),
    ("R101", "export_report", "D20-1-1", "D3-1-8"),
    ("R102", "export_report", "two identical copies", "deux exemplaires identiques"),
    ("R103", "export_code", "ECD", "ECD"),
    ("R103", "export_code_marine", "Associated Transport Document Number", "document de transport connexe"),
    ("R104", "correct_rejects", "errors and rejects", "erreurs ou à des rejets"),
    ("R105", "late_documents", "monetary penalties", "sanctions pécuniaires"),
    ("R106", "pars_afterwards", "PARS service option", "option de service du SEA"),
    ("R107", "late_accounting", "may be lifted", "peut être annulée"),
    ("R108", "late_accounting", "CARM Client Portal", "portail client de la GCRA"),
    (
        "R109",
        "late_accounting",
        "cbsa.external_appeals-appels_externes.asfc@cbsa-asfc.gc.ca",
        "cbsa.external_appeals-appels_externes.asfc@cbsa-asfc.gc.ca",
    ),
]


@pytest.mark.parametrize(
    ("rule", "name", "english", "french"), TABLE, ids=[f"{row[0]} {row[1]}" for row in TABLE]
)
def test_a_procedure_says_what_its_rule_says(rule: str, name: str, english: str, french: str) -> None:
    procedure = BY_ID[name]
    assert rule in procedure.rules
    assert english in said(procedure, "en")
    assert french in said(procedure, "fr")


def said(procedure: Procedure, language: str) -> str:
    """Returns everything that is said of a procedure, in one language."""
    papers = [SAID.documents[paper.document].name for paper in procedure.documents]
    places = [SAID.places[procedure.place]] if procedure.place else []
    by_email = [SAID.names.by_email] if procedure.by_email else []
    texts = [procedure.title, *procedure.steps, *procedure.exceptions, *papers, *places, *by_email]
    return "\n".join([*(getattr(text, language) for text in texts), *procedure.references])
