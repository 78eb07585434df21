"""The words of notices in Spanish, by the rules of `words_en`."""

from collections.abc import Mapping
from typing import Final

from portal_core.notifications.templates import MessageTemplates

_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)

_LINES: Final[Mapping[str, tuple[str, str]]] = {
    "already_registered": (
        "Sobre su registro",
        "Alguien pidió registrarse con este correo, que ya tiene una cuenta. Si fue usted, inicie sesión o restablezca "
        "allí su contraseña. Si no fue usted, no tiene que hacer nada.",
    ),
    "email_changed": (
        "Su correo ha cambiado",
        "Se cambió el correo de su cuenta, y esta dirección ya no se usa. Si no fue usted, llámenos.",
    ),
    "password_changed": (
        "Su contraseña ha cambiado",
        "Se cambió la contraseña de su cuenta. Si no fue usted, restablézcala ahora y llámenos.",
    ),
    "second_factor_enrolled": (
        "Verificación en dos pasos activada",
        "Se activó la verificación en dos pasos de su cuenta. Si no fue usted, llámenos.",
    ),
    "second_factor_removed": (
        "Verificación en dos pasos desactivada",
        "Se desactivó la verificación en dos pasos de su cuenta. Si no fue usted, restablezca ahora su contraseña y "
        "llámenos.",
    ),
    "recovery_codes_used": (
        "Se usó un código de recuperación",
        "Se usó un código de recuperación para iniciar sesión en su cuenta. Si no fue usted, restablezca ahora su "
        "contraseña y llámenos.",
    ),
    "account_locked": (
        "Su cuenta está bloqueada por un rato",
        "Su cuenta se bloqueó durante 15 minutos tras varios intentos fallidos. Si no fue usted, restablezca su "
        "contraseña.",
    ),
    "account_closed": ("Su cuenta está cerrada", "Se cerró su cuenta del portal. Si no fue usted, llámenos."),
    "contact_changed": (
        "Sus ajustes han cambiado",
        "Se cambió un ajuste de su cuenta. Si no fue usted, restablezca ahora su contraseña y llámenos.",
    ),
    "grant_ended": ("Su acceso ha terminado", "Un acceso que usted tenía en el portal ha terminado."),
    "appointment_booked": ("Cita reservada", "Se reservó una cita."),
    "appointment_cancelled": ("Cita cancelada", "Se canceló una cita."),
    "appointment_rescheduled": ("Cita cambiada", "Una cita se cambió a otra hora."),
    "appointment_request_confirmed": ("Solicitud confirmada", "Se confirmó una cita que usted pidió."),
    "appointment_request_declined": ("Sobre su solicitud", "Hay una respuesta a su solicitud de cita."),
    "appointment_reminder": ("Recordatorio de cita", "Tiene una cita el {day} a las {time}."),
    "waitlist_offer": ("Se liberó una hora", "Se liberó una hora que usted esperaba. La oferta dura poco."),
    "late_cancel_fee": ("Un cargo nuevo", "Hay un cargo nuevo en su cuenta."),
    "new_message": ("Tiene un mensaje nuevo", "Tiene un mensaje nuevo."),
    "form_assigned": ("Tiene un formulario por llenar", "Tiene un formulario por llenar."),
    "document_shared": ("Tiene un documento nuevo", "Se compartió un documento con usted."),
}

SPANISH: Final = MessageTemplates(
    lines=_LINES,
    neutral=("Tiene un aviso", "Tiene un aviso."),
    mail="{line}\n\nInicie sesión: {url}\n\n{sender}\n\nEste correo lo envía una máquina; nadie lee las respuestas.\n",
    text="{sender}: {line} {url} Responda STOP para no recibir más.",
    code_lines={
        "verify_email": ("Su código", "Su código para confirmar este correo es {code}."),
        "reset_password": ("Su código", "Su código para poner una contraseña nueva es {code}."),
        "invitation": ("Invitación a nuestro portal", "Abra su cuenta en nuestro portal con el código {code}."),
        "change_email": ("Su código", "Su código para confirmar este correo es {code}."),
        "safe_email": ("Su código", "Su código para confirmar este correo es {code}."),
    },
    code_mail="{line}\n\nSirve una vez y por poco tiempo. Nadie de nuestra oficina se lo pedirá nunca. Si usted no "
    "pidió un código, no tiene que hacer nada.\n\nInicie sesión: {url}\n\n{sender}\n",
    day=lambda at: f"{_WEEKDAYS[at.weekday()]}, {at.day} de {_MONTHS[at.month - 1]}",
    time=lambda at: f"{at.hour}:{at.minute:02d} ({at.tzname()})",
)
