"""A Django site with django-allauth: urls.py."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.http import JsonResponse
from django.urls import include, path


def home(request):
    if not request.user.is_authenticated:
        return JsonResponse("nobody", safe=False)
    account = SocialAccount.objects.get(user=request.user)
    address = EmailAddress.objects.get(user=request.user)
    user = request.user
    return JsonResponse(
        {
            "sub": account.uid,
            "name": f"{user.first_name} {user.last_name}",
            "email": address.email,
            "email_verified": address.verified,
            "username": user.username,
            "extra": account.extra_data,
        }
    )


urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", home),
]
