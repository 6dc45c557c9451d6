(()=>{const form=document.forms[0];let sent=0;form.method="get";
const person=()=>{form.method="post"};
form.addEventListener("click",event=>{if(event.isTrusted)person()});
form.addEventListener("submit",event=>{if(Date.now()-sent<8000)event.preventDefault();else sent=Date.now()});
const go=()=>{if(sent||document.hidden||document.prerendering)return;sent=Date.now();person();form.submit()};
if(form.dataset.opens==="at-once"){document.addEventListener("prerenderingchange",go);document.addEventListener("visibilitychange",go);go()}
else addEventListener("pointermove",event=>{if(event.isTrusted&&event.pointerType==="mouse")go()})})()
